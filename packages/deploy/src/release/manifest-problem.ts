import { dirname, join, normalize } from 'node:path/posix';

import type { PartRole, ReleasePart } from '../parts/release-part.ts';
import type { ReleaseManifest } from './release-manifest.ts';

/** Folders of a release that the parts of each role may have files in. */
const folders: Readonly<Record<PartRole, readonly string[]>> = {
  node: ['bin/'],
  packages: ['gateway/node_modules/'],
  application: ['gateway/', 'proto/'],
  wheels: ['wheels/'],
  flask: ['flask/'],
  files: ['files/'],
  agent: ['agent/'],
};

/**
 * Finds a contradiction in a manifest: files that would be written outside of their folder, over each other or through a link, sizes
 * that don't add up, files of the host that no part contains. `undefined` if there is none.
 */
export function findManifestProblem({
  parts,
  hostFiles,
  python,
  secrets = [],
}: ReleaseManifest): string | undefined {
  const roles = parts.map(({ role }) => role);
  const repeated = roles.find((role, index) => roles.indexOf(role) !== index);
  if (repeated !== undefined) return `it has two parts of the role ${repeated}`;
  if (roles.includes('wheels') !== (python !== undefined)) {
    return 'it has Python packages without a version of Python, or the other way round';
  }
  const problem = parts.map(partProblem).find((found) => found !== undefined);
  if (problem !== undefined) return problem;

  const files = parts.flatMap((part) => part.files);
  const paths = new Set(files.map(({ path }) => path));
  if (paths.size < files.length) return 'two files have the same path';
  for (const path of paths) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      if (paths.has(folder)) return `${path} is inside of ${folder}, which is no folder`;
    }
  }
  for (const { path } of hostFiles) {
    if (normalize(path) !== path || path.endsWith('/')) return `${path} is no absolute path`;
    if (!paths.has(`files${path}`)) return `the content of ${path} is missing`;
  }
  const hostPaths = new Set(hostFiles.map(({ path }) => path));
  const secret = secrets.find(({ path }) => hostPaths.has(path));
  if (secret !== undefined) return `the secret ${secret.name} has the path of a file of the host`;
  return hostPaths.size < hostFiles.length ? 'two files of the host have the same path' : undefined;
}

function partProblem({ role, bytes, files }: ReleasePart): string | undefined {
  for (const file of files) {
    const { path } = file;
    const folder = folders[role].find((prefix) => path.startsWith(prefix));
    if (folder === undefined) return `${path} is no path of the part ${role}`;
    if (!('target' in file)) continue;
    const target = join(dirname(path), file.target);
    if (file.target.startsWith('/') || !target.startsWith(folder)) {
      return `the link ${path} leads out of ${folder}`;
    }
  }
  const sum = files.reduce((total, file) => total + file.bytes, 0);
  return sum === bytes
    ? undefined
    : `the files of the part ${role} have ${sum} bytes, not ${bytes}`;
}
