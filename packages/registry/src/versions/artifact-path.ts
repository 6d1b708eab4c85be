import { RegistryError } from '../errors/registry-error.ts';

/** Longest path of an artifact, in bytes of UTF-8. */
const MAX_PATH_BYTES = 1024;
/** Longest name within a path, in bytes of UTF-8: the limit of file systems. */
const MAX_SEGMENT_BYTES = 255;

// Control characters, and the backslash that is a separator on Windows.
const FORBIDDEN = /[\p{Cc}\\]/u;

/** Describes what is wrong with `path` as the path of an artifact; `undefined` for a valid one. */
export function artifactPathProblem(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (!path.isWellFormed()) return 'it is not valid Unicode';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `it is longer than ${MAX_PATH_BYTES} bytes`;
  if (FORBIDDEN.test(path)) return 'it contains a backslash or a control character';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute';
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.' || segment === '..') {
      return `it contains the segment ${JSON.stringify(segment)}`;
    }
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) {
      return `it contains a name longer than ${MAX_SEGMENT_BYTES} bytes`;
    }
  }
  return undefined;
}

/**
 * Describes what is wrong with `paths` together: one of them twice, or a file where another needs a folder.
 *
 * `undefined` when they can be the files of one version.
 */
export function artifactPathsProblem(paths: readonly string[]): string | undefined {
  const files = new Set<string>();
  for (const path of paths) {
    const problem = artifactPathProblem(path);
    if (problem !== undefined) return `${JSON.stringify(path.slice(0, 100))}: ${problem}`;
    if (files.has(path)) return `${JSON.stringify(path)}: it occurs twice`;
    files.add(path);
  }
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (files.has(folder)) return `${JSON.stringify(path)}: ${JSON.stringify(folder)} is a file`;
    }
  }
  return undefined;
}

/** @throws RegistryError `ERR_REGISTRY_INVALID_PATH` when `paths` cannot be the files of one version. */
export function checkArtifactPaths(paths: readonly string[]): void {
  const problem = artifactPathsProblem(paths);
  if (problem === undefined) return;
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_PATH',
    `cannot push the file ${problem}; use a relative path such as "model.onnx" or "code/app.py"`,
  );
}
