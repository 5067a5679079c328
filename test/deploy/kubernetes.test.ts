import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAdminApp } from '../../api/admin-app.ts';
import { lambdaEnvironment } from '../../local/lambda-environment.ts';
import { answerHealth } from '../../reconciler/health.ts';
import { type Environment, parseApiConfig, parseReconcilerConfig } from '../../src/config.ts';
import { createMetrics } from '../../src/metrics.ts';
import { ApiSettings, CommonSettings, ReconcilerSettings } from '../../src/settings.ts';
import { needs } from '../needs.ts';
import { projectFiles } from '../source-file.ts';
import {
  build,
  COMPONENTS,
  findKubectl,
  folderOf,
  kustomizationOf,
  type Manifest,
  manifestFiles,
  manifestsOf,
  OVERLAYS,
  textOf,
  variablesOf,
  yamlFilesIn,
} from './manifests.ts';
import { schemaProblems } from './schema-problems.ts';
import { selects, unrestricted, type Workload, workloadsOf } from './workload.ts';

const files = manifestFiles();
const base = files.filter(({ from }) => from.startsWith('base/'));
const workloads = workloadsOf(base);
const readme = textOf('README.md');
const kubectl = findKubectl();

const PARTS: Readonly<
  Record<string, { names: object; parse: (env: Environment) => Parsed; stopsIn: RegExp }>
> = {
  api: {
    names: { ...CommonSettings.shape, ...ApiSettings.shape },
    parse: parseApiConfig,
    stopsIn: /CLOSE_TIMEOUT_MS = ([\d_]+)/,
  },
  reconciler: {
    names: { ...CommonSettings.shape, ...ReconcilerSettings.shape },
    parse: parseReconcilerConfig,
    stopsIn: /STOP_TIMEOUT_MS = ([\d_]+)/,
  },
};
type Parsed = { readonly ok: boolean; readonly problems?: readonly string[] };
const partOf = (name: string) => {
  const part = PARTS[name];
  if (part === undefined) throw new Error(`no part is named ${name}`);
  return part;
};
/** Node's own variable, beside those of docs/configuration.md. */
const NODE_OPTIONS = 'NODE_OPTIONS';

const specOf = (manifest: Manifest) => manifest.spec as Record<string, unknown>;
const ofKind = (manifests: readonly Manifest[], kind: string) =>
  manifests.filter((each) => each.kind === kind);

describe('the manifests', () => {
  test.each(files)('$kind $metadata.name in $from keeps the published schema', (manifest) => {
    expect(schemaProblems(manifest)).toEqual([]);
  });

  test('the README has no example that breaks a schema', () => {
    const examples = [...readme.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].flatMap(([, text = '']) =>
      manifestsOf('README.md', text),
    );
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.flatMap(schemaProblems)).toEqual([]);
  });

  const api = manifestsOf('x', textOf('base/api-deployment.yaml'))[0];
  test.each([
    ['a number that is a word', 'replicas: 3', 'replicas: three'],
    ['a field that is missing', 'name: api\n          image:', 'image:'],
    ['a field that nobody knows', 'readinessProbe:', 'readynessProbe:'],
    ['a field in the wrong place', 'timeoutSeconds: 2', 'timeoutSecond: 2'],
  ])('%s is noticed', (_what, right, wrong) => {
    expect(api && schemaProblems(api)).toEqual([]);
    const text = textOf('base/api-deployment.yaml');
    expect(text).toContain(right);
    expect(manifestsOf('x', text.replace(right, wrong)).flatMap(schemaProblems)).not.toEqual([]);
  });

  test.each(['base', ...COMPONENTS.map((name) => `components/${name}`)])(
    '%s names all its files',
    (folder) => {
      expect(kustomizationOf(folder).resources.toSorted()).toEqual(yamlFilesIn(folder).toSorted());
    },
  );

  test('the overlays ask a person for the same', () => {
    const [one, ...others] = OVERLAYS.map((name) => textOf(`overlays/${name}/organisation.env`));
    for (const other of others) expect(other).toBe(one);
  });

  test('no secret is among them, and every secret that is mounted is made in the README', () => {
    expect(ofKind(files, 'Secret')).toEqual([]);
    for (const { pod } of workloads) {
      for (const { secret } of pod.volumes) {
        const made = new RegExp(`create secret generic ${secret.secretName}[^\`]*`).exec(readme)?.[0] ?? '';
        for (const { key } of secret.items) expect(made).toContain(`--from-file=${key}=`);
      }
    }
  });
});

describe.each(workloads)('the $part', (workload: Workload) => {
  const { part, name, spec, pod, container } = workload;
  const labels = spec.template.metadata.labels;
  const own = variablesOf(`base/${part}.env`);

  test('keeps the standard "restricted", with a file system that it cannot write', () => {
    expect(unrestricted(pod.securityContext, container.securityContext)).toEqual([]);
  });

  test('is started by its verb, from the image whose name the overlays replace', () => {
    expect(container).toMatchObject({ image: 'jit-access-controller', args: [part] });
    expect(pod.serviceAccountName).toBe(name);
    const [account] = ofKind(base, 'ServiceAccount').filter(({ metadata }) => metadata.name === name);
    expect(account?.automountServiceAccountToken).toBe(false);
  });

  test('selects its own pods, and wishes them apart', () => {
    const others = workloads.filter((other) => other.part !== part);
    const selectors = [spec.selector, ...pod.topologySpreadConstraints.map((each) => each.labelSelector)];
    for (const { matchLabels } of selectors) {
      expect(selects(matchLabels, labels)).toBe(true);
      for (const other of others)
        expect(selects(matchLabels, other.spec.template.metadata.labels)).toBe(false);
    }
    const keys = pod.topologySpreadConstraints.map(({ topologyKey }) => topologyKey);
    expect(keys).toEqual(['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
  });

  test('has one disruption budget, which lets one go and keeps one', () => {
    const budgets = ofKind(base, 'PodDisruptionBudget')
      .map(
        (budget) =>
          specOf(budget) as { maxUnavailable: number; selector: { matchLabels: Record<string, string> } },
      )
      .filter(({ selector }) => selects(selector.matchLabels, labels));
    expect(budgets).toHaveLength(1);
    expect(budgets[0]?.maxUnavailable).toBe(1);
    expect(spec.replicas - 1).toBeGreaterThanOrEqual(1);
  });

  test('is told nothing that docs/configuration.md does not have for it', () => {
    const told = [...Object.keys(own), ...container.env.map(({ name: variable }) => variable)];
    const unknown = told.filter((variable) => !(variable in partOf(part).names));
    expect(unknown).toEqual([NODE_OPTIONS]);
    expect(container.envFrom.map(({ configMapRef }) => configMapRef.name)).toEqual([
      'jit-access-organisation',
      name,
    ]);
  });

  test.each(OVERLAYS)('starts with what the overlay %s adds, once it is filled in', (overlay) => {
    const { parse, names } = partOf(part);
    const added = addedBy(overlay, part);
    expect(Object.keys(added).filter((variable) => !(variable in names))).toEqual([]);
    const required = parse({ ...own, ...added });
    const filledIn = Object.fromEntries(
      Object.entries(added).map(([variable, value]) => [variable, value || filling(variable)]),
    );
    expect(required.ok).toBe(false);
    expect(required.problems?.map((problem) => problem.split(' ')[0])).toEqual(
      expect.arrayContaining(['RECONCILE_MODE', 'SSO_INSTANCE_ARN']),
    );
    expect(required.problems?.filter((problem) => !/ is not set: expected /.test(problem))).toEqual([]);
    expect(parse({ ...own, ...filledIn })).toMatchObject({ ok: true });
  });

  test('finds its keys where they are mounted', () => {
    const paths = Object.entries(own).filter(([variable]) => variable.endsWith('_KEYS_FILE'));
    const mounted = container.volumeMounts.flatMap((mount) =>
      pod.volumes
        .filter((volume) => volume.name === mount.name)
        .flatMap(({ secret }) => secret.items.map((item) => path.posix.join(mount.mountPath, item.path))),
    );
    expect(paths.map(([, file]) => file).toSorted()).toEqual(mounted.toSorted());
    // Of root and of the group, which the process is in: read by it, and by nobody else.
    for (const { secret } of pod.volumes) expect(secret.defaultMode).toBe(0o440);
  });

  test('opens the ports that it is told to listen on, to others than itself', () => {
    const ports = Object.fromEntries(container.ports.map((port) => [port.name, `${port.containerPort}`]));
    expect(ports.admin).toBe(own.ADMIN_PORT);
    expect(ports.api).toBe(own.API_PORT);
    expect(own.ADMIN_HOST).toBe('0.0.0.0');
    expect(own.API_HOST).toBe(part === 'api' ? '0.0.0.0' : undefined);
  });

  test('is asked at paths that its code answers: alive while it is not ready, and ready', async () => {
    const { livenessProbe, readinessProbe, startupProbe } = container;
    for (const { httpGet } of [livenessProbe, readinessProbe, startupProbe ?? livenessProbe]) {
      expect(httpGet.port).toBe('admin');
    }
    expect(await statusOf(part, livenessProbe.httpGet.path, { isReady: true })).toBe(200);
    expect(await statusOf(part, readinessProbe.httpGet.path, { isReady: true })).toBe(200);
    expect(await statusOf(part, readinessProbe.httpGet.path, { isReady: false })).toBe(503);
    // Not ready is no reason to be restarted.
    expect(await statusOf(part, (startupProbe ?? livenessProbe).httpGet.path, { isReady: false })).toBe(200);
    expect(await statusOf(part, livenessProbe.httpGet.path, { isReady: false })).toBe(200);
  });

  test('is given the time that its code takes to stop', () => {
    const code = projectFiles().filter((file) => file.path.startsWith(`${part}/`));
    const found = code.flatMap(({ text }) => partOf(part).stopsIn.exec(text)?.[1] ?? []);
    expect(found).toHaveLength(1);
    const stopsInMs = Number(found[0]?.replaceAll('_', ''));
    const sleepsMs = 1000 * (container.lifecycle?.preStop.sleep.seconds ?? 0);
    expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(sleepsMs + stopsInMs);
  });

  test('has a heap that leaves a third of its memory for the rest of the process', () => {
    const options = container.env.find((variable) => variable.name === NODE_OPTIONS)?.value;
    const [, old, young] =
      /^--max-old-space-size=(\d+) --max-semi-space-size=(\d+)$/.exec(options ?? '') ?? [];
    // What is young lies in three spaces of that size.
    const heapMiB = Number(old) + 3 * Number(young);
    const { requests, limits } = container.resources;
    expect(heapMiB).toBeGreaterThan(0);
    expect(heapMiB).toBeLessThanOrEqual((mebibytes(limits.memory) * 2) / 3);
    expect(mebibytes(requests.memory)).toBeLessThanOrEqual(mebibytes(limits.memory));
  });
});

describe('the standard "restricted"', () => {
  const good = workloads[0];
  const context = (good?.container.securityContext ?? {}) as object;
  test.each([
    ['root', { runAsUser: 0 }, {}],
    ['a user that is not said', { runAsUser: undefined }, {}],
    ['no seccomp profile', { seccompProfile: { type: 'Unconfined' } }, {}],
    ['a file system to write', {}, { readOnlyRootFilesystem: false }],
    ['a capability', {}, { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }],
    ['a container that takes its pod back', {}, { runAsNonRoot: false }],
  ])('is broken by %s', (_what, pod, container) => {
    const broken = unrestricted(
      { ...(good?.pod.securityContext as object), ...pod },
      { ...context, ...container },
    );
    expect(broken).not.toEqual([]);
  });
});

describe('what reaches what', () => {
  const allLabels = workloads.map(({ spec }) => spec.template.metadata.labels);
  const policies = [...ofKind(files, 'NetworkPolicy')].map((each) => ({
    ...specOf(each),
    name: each.metadata.name,
  })) as Policy[];
  const inBase = new Set(ofKind(base, 'NetworkPolicy').map(({ metadata }) => metadata.name));

  test('everything is denied that is not named', () => {
    const [deny] = policies.filter(({ name }) => name === 'default-deny');
    expect(deny).toMatchObject({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    expect(deny?.ingress ?? deny?.egress).toBeUndefined();
  });

  test('every policy is for pods that exist', () => {
    for (const { podSelector } of policies) {
      expect(allLabels.some((labels) => selects(podSelector.matchLabels ?? {}, labels))).toBe(true);
    }
  });

  test('the API is reached by the ingress controller, and metrics by the monitoring alone', () => {
    const incoming = policies.flatMap(({ name, ingress = [] }) =>
      ingress.map((rule) => ({
        name,
        ports: rule.ports.map(({ port }) => port),
        from: rule.from,
      })),
    );
    expect(incoming.map(({ name, ports }) => [name, ports])).toEqual([
      ['api-from-ingress', ['api']],
      ['metrics-from-monitoring', ['admin']],
    ]);
    for (const { from } of incoming) {
      expect(from).toEqual([
        { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': expect.any(String) } } },
      ]);
    }
  });

  test('nothing goes out of the base but names and https', () => {
    const ports = policies
      .filter(({ name }) => inBase.has(name))
      .flatMap(({ egress = [] }) => egress.flatMap((rule) => rule.ports));
    expect(ports).toEqual([
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
      { protocol: 'TCP', port: 443 },
    ]);
  });

  test('every Service selects pods with the ports that it names', () => {
    for (const service of ofKind(files, 'Service')) {
      const { selector, ports } = specOf(service) as {
        selector: Record<string, string>;
        ports: { targetPort: string }[];
      };
      const selected = workloads.filter(({ spec }) => selects(selector, spec.template.metadata.labels));
      expect(selected.length).toBeGreaterThan(0);
      for (const { container } of selected)
        for (const { targetPort } of ports)
          expect(container.ports.map(({ name }) => name)).toContain(targetPort);
    }
  });

  test('the monitor selects the Service of metrics, and asks where metrics are', async () => {
    const [monitor] = ofKind(files, 'ServiceMonitor');
    const { selector, endpoints } = (monitor?.spec ?? {}) as {
      selector: { matchLabels: Record<string, string> };
      endpoints: { port: string; path: string }[];
    };
    const services = ofKind(files, 'Service').filter(({ metadata }) =>
      selects(selector.matchLabels, metadata.labels ?? {}),
    );
    expect(services.map(({ metadata }) => metadata.name)).toEqual(['jit-access-metrics']);
    const ports = (specOf(services[0] as Manifest).ports as { name: string }[]).map(({ name }) => name);
    for (const endpoint of endpoints) {
      expect(ports).toContain(endpoint.port);
      for (const { part } of workloads)
        expect(await statusOf(part, endpoint.path, { isReady: true })).toBe(200);
    }
  });
});

type Policy = {
  readonly name: string;
  readonly podSelector: { readonly matchLabels?: Record<string, string> };
  readonly ingress?: readonly {
    readonly from: unknown;
    readonly ports: readonly { readonly port: unknown }[];
  }[];
  readonly egress?: readonly {
    readonly ports: readonly { readonly port: unknown; readonly protocol: string }[];
  }[];
};

describe.each(OVERLAYS)('the overlay %s, built', needs({ kubectl: kubectl !== undefined }), (overlay) => {
  let built: readonly Manifest[] = [];
  beforeAll(() => {
    built = build(kubectl ?? 'kubectl', folderOf(`overlays/${overlay}`));
  });

  test('keeps the published schemas, in one namespace', () => {
    expect(built.flatMap(schemaProblems)).toEqual([]);
    const namespaces = built
      .filter(({ kind }) => kind !== 'Namespace')
      .map(({ metadata }) => metadata.namespace);
    expect(new Set(namespaces)).toEqual(new Set(['jit-access']));
    expect(ofKind(built, 'Namespace').map(({ metadata }) => metadata.name)).toEqual(['jit-access']);
  });

  test('has an image with a tag, and settings that exist and roll the pods when they change', () => {
    const builtWorkloads = workloadsOf(built);
    expect(builtWorkloads.map(({ part }) => part)).toEqual(['api', 'reconciler']);
    for (const { part, container } of builtWorkloads) {
      expect(container.image).toMatch(/\/jit-access-controller:\d+\.\d+\.\d+$/);
      const settings = container.envFrom.map(({ configMapRef }) => {
        expect(configMapRef.name).toMatch(/-[a-z0-9]{10}$/);
        const [map] = ofKind(built, 'ConfigMap').filter(
          ({ metadata }) => metadata.name === configMapRef.name,
        );
        return map?.data as Record<string, string>;
      });
      expect(Object.assign({}, ...settings)).toEqual({
        ...variablesOf(`base/${part}.env`),
        ...addedBy(overlay, part),
      });
    }
  });

  test('says in which namespaces the ingress controller and the monitoring are', () => {
    const from = (name: string) => {
      const [policy] = ofKind(built, 'NetworkPolicy').filter(({ metadata }) => metadata.name === name);
      return (policy?.spec as Policy | undefined)?.ingress?.[0]?.from;
    };
    const namespace = (name: string) => [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } },
    ];
    expect(from('api-from-ingress')).toEqual(namespace('ingress-nginx'));
    expect(from('metrics-from-monitoring')).toEqual(namespace('monitoring'));
  });

  test('lets each part be somebody to AWS', () => {
    const roles = ofKind(built, 'ServiceAccount').map(
      ({ metadata }) => metadata.annotations?.['eks.amazonaws.com/role-arn'],
    );
    const agent = ofKind(built, 'NetworkPolicy').filter(
      ({ metadata }) => metadata.name === 'out-to-pod-identity-agent',
    );
    expect(new Set(roles).size).toBe(overlay === 'irsa' ? 2 : 1);
    expect(roles.every((role) => role === undefined)).toBe(overlay !== 'irsa');
    expect(agent).toHaveLength(overlay === 'irsa' ? 0 : 1);
  });

  test('takes every component', () => {
    const added = withComponents(kubectl ?? 'kubectl', overlay).filter(
      ({ kind, metadata }) =>
        !built.some((each) => each.kind === kind && each.metadata.name === metadata.name),
    );
    expect(added.flatMap(schemaProblems)).toEqual([]);
    expect(
      added.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.namespace}`).toSorted(),
    ).toEqual([
      'NetworkPolicy reconciler-to-plugin jit-access',
      'PrometheusRule jit-access-controller jit-access',
      'Service jit-access-metrics jit-access',
      'ServiceMonitor jit-access-controller jit-access',
    ]);
  });
});

/** What an overlay's files of variables add for a part. */
function addedBy(overlay: string, part: string): Readonly<Record<string, string>> {
  const folder = `overlays/${overlay}`;
  const names = ['jit-access-organisation', `jit-access-${part}`];
  const generators = kustomizationOf(folder).configMapGenerator.filter(({ name }) => names.includes(name));
  return Object.assign(
    {},
    ...generators.flatMap(({ envs }) => envs.map((file) => variablesOf(`${folder}/${file}`))),
  );
}

/** A value for a variable that a person has to fill in; what may be left empty stays so. */
function filling(variable: string): string {
  const filled = {
    ...lambdaEnvironment({}),
    PLUGIN_WEBHOOK_URL: 'https://chat.example.com/plugins/com.dgwhited.jit-access/webhook',
  };
  return new Map(Object.entries(filled)).get(variable) ?? '';
}

function mebibytes(quantity: string): number {
  const amount = /^(\d+)Mi$/.exec(quantity)?.[1];
  if (amount === undefined) throw new Error(`${quantity} is not a number of Mi`);
  return Number(amount);
}

/** What the part's own code answers on the port of health. */
async function statusOf(
  part: string,
  path: string,
  { isReady }: { readonly isReady: boolean },
): Promise<number> {
  const { registry } = createMetrics();
  const deps = { isReady: () => isReady, isHealthy: () => true, registry };
  const listener: RequestListener = part === 'api' ? createAdminApp(deps) : answerHealth(deps);
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  try {
    return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The overlay with all components, as somebody would build on it from a folder of their own. */
function withComponents(command: string, overlay: string): readonly Manifest[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'jit-access-kubernetes-'));
  const relative = (name: string) => path.relative(folder, folderOf(name));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: 'jit-access',
    resources: [relative(`overlays/${overlay}`)],
    components: COMPONENTS.map((name) => relative(`components/${name}`)),
  };
  try {
    writeFileSync(path.join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    return build(command, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
