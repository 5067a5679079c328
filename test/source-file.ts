// The project's own files as text, for the tests of its architecture: where they lie, what they import, and what they
// say once comments and strings are taken out.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** `path` is relative to the project, with `/`. */
export type SourceFile = { readonly path: string; readonly text: string };

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage']);
const DOTTED_AND_OURS = new Set(['.ci', '.github', '.gitignore', '.npmrc', '.dockerignore']);
const TEXT =
  /(^|\/)[^./]*$|\.(ts|js|mjs|json|md|sh|ya?ml|tf|html|css|toml|txt|npmrc|gitignore|dockerignore)$/;

/** Every file of text that belongs to the project. */
export function projectFiles(): readonly SourceFile[] {
  return filesBelow('').map((each) => ({ path: each, text: readFileSync(path.join(ROOT, each), 'utf8') }));
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(path.join(ROOT, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    const isOurs =
      !NOT_OURS.has(entry.name) && (!entry.name.startsWith('.') || DOTTED_AND_OURS.has(entry.name));
    if (!isOurs) return [];
    if (entry.isDirectory()) return filesBelow(name);
    return entry.isFile() && TEXT.test(name) ? [name] : [];
  });
}

const STRING_OR_COMMENT =
  /(`(?:\\[\s\S]|[^`\\])*`|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

/** The text without comments. Strings are kept, since imports are made of them. */
export function withoutComments(text: string): string {
  return text.replace(STRING_OR_COMMENT, (_all, string: string | undefined) => string ?? ' ');
}

/** The text without comments and without what stands in quotes; templates stay, for the code in them. */
export function codeOf(text: string): string {
  return withoutComments(text).replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''");
}

const IMPORTS = [
  /\b(?:import|export)\b[^'"`;=]*?\bfrom\s*['"]([^'"]+)['"]/g,
  /\bimport\s*['"]([^'"]+)['"]/g,
  /\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g,
];

/** What a file imports, types included: a path relative to the project for its own files, else the name as written. */
export function importsOf({ path: from, text }: SourceFile): readonly string[] {
  const code = withoutComments(text);
  const specifiers = IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''));
  return specifiers.map((specifier) =>
    specifier.startsWith('.') ? path.posix.join(path.posix.dirname(from), specifier) : specifier,
  );
}
