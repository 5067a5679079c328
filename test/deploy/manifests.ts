// The Kubernetes manifests as plain data: from the files as they are, and as kustomize builds them where it is at hand.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const FOLDER = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));

const Labels = z.record(z.string(), z.string());

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: Labels.optional(),
    annotations: Labels.optional(),
  }),
  spec: z.unknown().optional(),
});
/** `from` is what it was read from, for messages. */
export type Manifest = z.output<typeof Manifest> & { readonly from: string };

const Kustomization = z.looseObject({
  resources: z.array(z.string()),
  images: z.array(z.object({ name: z.string(), newName: z.string(), newTag: z.string() })).default([]),
  configMapGenerator: z.array(z.object({ name: z.string(), envs: z.array(z.string()) }).loose()).default([]),
});

export const OVERLAYS = ['irsa', 'pod-identity'] as const;
export const COMPONENTS = ['prometheus-operator', 'plugin-in-cluster'] as const;

/** Every document that is not kustomize's own, below `deploy/kubernetes/`. */
export function manifestFiles(): readonly Manifest[] {
  return yamlFiles('').flatMap((file) => manifestsOf(file, textOf(file)));
}

export function manifestsOf(from: string, text: string): readonly Manifest[] {
  const documents = parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error(`${from}: ${document.errors.join('; ')}`);
    return document.toJS() as unknown;
  });
  return documents.map((document) => ({ ...Manifest.parse(document), from }));
}

/** What the folder's kustomization says. */
export function kustomizationOf(folder: string) {
  const [document] = parseAllDocuments(textOf(`${folder}/kustomization.yaml`));
  return Kustomization.parse(document?.toJS());
}

/** The YAML files of a folder, kustomize's own left out. */
export function yamlFilesIn(folder: string): readonly string[] {
  return readdirSync(path.join(FOLDER, folder)).filter((name) => isManifest(name));
}

/** A file of variables as kustomize reads it. */
export function variablesOf(file: string): Readonly<Record<string, string>> {
  const lines = textOf(file)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

export function textOf(file: string): string {
  return readFileSync(path.join(FOLDER, file), 'utf8');
}

/** `kubectl`, where it is. */
export function findKubectl(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/local/bin', '/usr/bin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, 'kubectl'))
    .find(existsSync);
}

/** What kustomize makes of a folder; throws what it says where it does not build. */
export function build(kubectl: string, folder: string): readonly Manifest[] {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
  const text = execFileSync(kubectl, ['kustomize', folder], { encoding: 'utf8', env, timeout: 300_000 });
  return manifestsOf(`kustomize ${path.basename(folder)}`, text);
}

export function folderOf(name: string): string {
  return path.join(FOLDER, name);
}

function yamlFiles(folder: string): readonly string[] {
  const entries = readdirSync(path.join(FOLDER, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return yamlFiles(name);
    return isManifest(entry.name) ? [name] : [];
  });
}

function isManifest(name: string): boolean {
  return /\.ya?ml$/.test(name) && name !== 'kustomization.yaml';
}
