import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { checkPackage as checkTypes, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** The packages are ES modules: these ways to resolve their types belong to CommonJS, and to what came before `exports`. */
const NOT_SUPPORTED: ReadonlySet<string> = new Set(['node10', 'node16-cjs']);

/**
 * Checks a packed package as its users will get it: its manifest by publint, and its types by Are the Types Wrong.
 *
 * @param tarball path of what `npm pack` wrote
 * @returns problems, one line each
 */
export async function checkPackage(tarball: string): Promise<readonly string[]> {
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: Uint8Array.from(bytes).buffer },
  });
  const ofManifest = messages
    .filter(({ type }) => type !== 'suggestion')
    .map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
  const analysis = await checkTypes(createPackageFromTarballData(bytes));
  if (!analysis.types) return [...ofManifest, 'has no types'];
  const ofTypes = analysis.problems
    .filter(
      (problem) => !('resolutionKind' in problem && NOT_SUPPORTED.has(problem.resolutionKind)),
    )
    .map((problem) => `types: ${JSON.stringify(problem)}`);
  return [...ofManifest, ...ofTypes];
}

/** A packed package. */
export interface Packed {
  readonly name: string;
  /** Path of its tarball. */
  readonly tarball: string;
}

/**
 * Packs packages with npm, all in one process.
 *
 * @param root of the workspace
 * @param folders relative to the root
 * @param destination an existing folder for the tarballs
 */
export function packAll(
  root: string,
  folders: readonly string[],
  destination: string,
): readonly Packed[] {
  const places = folders.map((folder) => `./${folder}`);
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination, ...places];
  const output = execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const reports = JSON.parse(output) as readonly { name: string; filename: string }[];
  return reports.map(({ name, filename }) => ({ name, tarball: join(destination, filename) }));
}
