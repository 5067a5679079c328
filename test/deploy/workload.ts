// The Deployments as the tests look at them: what has to be there is demanded here already.

import { z } from 'zod';
import type { Manifest } from './manifests.ts';

const Labels = z.record(z.string(), z.string());
const Selector = z.object({ matchLabels: Labels.default({}) });

const Probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.string() }),
  periodSeconds: z.int(),
  timeoutSeconds: z.int(),
  failureThreshold: z.int(),
});

// Strict, here and for the pod: what is not named here (a host's network or folder, a second container) is not there.
const Container = z.strictObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.literal('IfNotPresent'),
  args: z.array(z.string()),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })),
  env: z.array(z.object({ name: z.string(), value: z.string() })),
  ports: z.array(z.object({ name: z.string(), containerPort: z.int() })),
  startupProbe: Probe.optional(),
  livenessProbe: Probe,
  readinessProbe: Probe,
  lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.int() }) }) }).optional(),
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.object({ memory: z.string() }),
  }),
  securityContext: z.unknown(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.literal(true) })),
});

const PodSpec = z.strictObject({
  serviceAccountName: z.string(),
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  terminationGracePeriodSeconds: z.int(),
  securityContext: z.unknown(),
  topologySpreadConstraints: z.array(z.looseObject({ topologyKey: z.string(), labelSelector: Selector })),
  containers: z.tuple([Container]),
  volumes: z.array(
    z.object({
      name: z.string(),
      secret: z.object({
        secretName: z.string(),
        defaultMode: z.int(),
        items: z.array(z.object({ key: z.string(), path: z.string() })),
      }),
    }),
  ),
});

const Spec = z.looseObject({
  replicas: z.int(),
  selector: Selector,
  template: z.object({ metadata: z.object({ labels: Labels }), spec: PodSpec }),
});

/** One Deployment. `part` is its only container's name, and the verb that the image is started with. */
export type Workload = {
  readonly part: string;
  readonly name: string;
  readonly spec: z.output<typeof Spec>;
  readonly pod: z.output<typeof PodSpec>;
  readonly container: z.output<typeof Container>;
};

export function workloadsOf(manifests: readonly Manifest[]): readonly Workload[] {
  return manifests
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata, spec: unparsed }) => {
      const spec = Spec.parse(unparsed);
      const pod = spec.template.spec;
      const [container] = pod.containers;
      return { part: container.name, name: metadata.name, spec, pod, container };
    });
}

/** Whether labels are selected. */
export function selects(
  matchLabels: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
) {
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

/** What keeps a pod from the standard "restricted", in sentences; none when it keeps it, and what we ask beyond it. */
export function unrestricted(pod: unknown, container: unknown): readonly string[] {
  const found = [RestrictedPod.safeParse(pod), RestrictedContainer.safeParse(container)];
  return found
    .flatMap(({ error }) => error?.issues ?? [])
    .map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const RestrictedPod = z.object({
  runAsNonRoot: z.literal(true),
  runAsUser: z.literal(65_532),
  runAsGroup: z.literal(65_532),
  fsGroup: z.literal(65_532),
  seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
});

// Strict: a container could take back what its pod promises.
const RestrictedContainer = z.strictObject({
  allowPrivilegeEscalation: z.literal(false),
  readOnlyRootFilesystem: z.literal(true),
  capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
});
