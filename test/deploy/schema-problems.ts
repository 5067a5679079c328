// Checks a manifest against the published schemas of its kind. Those do not mind fields that they do not know, and a
// cluster does: here such a field is known by the schema's never having looked at it.

import { createRequire } from 'node:module';
import type { Manifest } from './manifests.ts';

type Model = { readonly prototype: { validate(): void } };

// Without its types, which contradict themselves where optional and undefined are told apart.
const require = createRequire(import.meta.url);
const Schemas: Readonly<Record<string, string>> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'policy/v1': 'kubernetes-models/policy/v1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

/** Sentences; none when the schema is kept. A kind without a schema is a problem too. */
export function schemaProblems({ from, ...document }: Manifest): readonly string[] {
  const model = modelOf(document);
  if (model === undefined) return [`${from}: no schema for ${document.apiVersion} ${document.kind}`];
  const unread = new Set<string>();
  try {
    model.prototype.validate.call(watchReads(document, '', unread));
  } catch (error) {
    return [`${from}: ${error instanceof Error ? error.message : 'not valid'}`];
  }
  return [...unread].map((field) => `${from}: ${field} is not known to the schema`);
}

function modelOf({ apiVersion, kind }: Pick<Manifest, 'apiVersion' | 'kind'>): Model | undefined {
  const name = Schemas[apiVersion];
  return name === undefined ? undefined : (require(name) as Record<string, Model | undefined>)[kind];
}

/** The same value, whose fields leave `unread` when they are read. Those inside an unread field are not counted. */
function watchReads<T extends object>(value: T, at: string, unread: Set<string>): T {
  const pathOf = (name: string) => (at === '' ? name : `${at}.${name}`);
  if (!Array.isArray(value)) for (const name of Object.keys(value)) unread.add(pathOf(name));
  const inner = new Map<string, object>();
  return new Proxy(value, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name);
      if (typeof name !== 'string') return found;
      unread.delete(pathOf(name));
      if (typeof found !== 'object' || found === null) return found;
      const watched = inner.get(name) ?? watchReads(found, pathOf(name), unread);
      inner.set(name, watched);
      return watched;
    },
  });
}
