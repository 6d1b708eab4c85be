import type { BuiltRelease, ReleaseManifest } from '@fairlead/deploy';
import { formatBytes } from '../output/format-values.ts';
import { fields, table } from '../output/table.ts';

/** Characters of a digest in tables. */
const SHORT = 12;

/** Shortens the digest of a release. */
export function shortDigest(digest: string): string {
  return digest.slice(0, SHORT);
}

/** Shows the release of a host, and the one whose activation was killed there. */
export function shownRelease(current: string | undefined, pending: string | undefined): string {
  const shown = current === undefined ? 'none' : shortDigest(current);
  return pending === undefined ? shown : `${shown} (interrupted: ${shortDigest(pending)})`;
}

/** Formats the parts of a release with their sizes. */
export function formatParts({ parts }: ReleaseManifest): readonly string[] {
  const right = (title: string) => ({ title, align: 'right' }) as const;
  return table(
    ['part', 'digest', right('files'), right('size'), right('compressed')],
    parts.map(({ role, sha256, files, bytes, compressedBytes }) => [
      ...[role, shortDigest(sha256), String(files.length)],
      ...[formatBytes(bytes), formatBytes(compressedBytes)],
    ]),
  );
}

/** Formats a release that was built. */
export function formatBuilt({ path, digest, bytes, manifest }: BuiltRelease): readonly string[] {
  const { name, platform, node } = manifest;
  return [
    ...fields([
      ['release', digest],
      ['deployment', name],
      ['platform', platform],
      ['Node', node],
      ['archive', `${path} (${formatBytes(bytes)})`],
    ]),
    '',
    ...formatParts(manifest),
  ];
}
