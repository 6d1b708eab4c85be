import { createHash } from 'node:crypto';

import { z } from 'zod';

import { partSchema, sha256 } from '../parts/release-part.ts';

/** A file of the operating system's folders: a link into the release is placed there. */
const hostFile = z.strictObject({
  path: z.string().startsWith('/').max(1024),
  mode: z.string().regex(/^[0-7]{3}$/),
  owner: z.string().regex(/^[a-z_][a-z0-9_-]{0,30}:[a-z_][a-z0-9_-]{0,30}$/),
  role: z.enum(['nginx', 'gunicorn', 'systemd', 'host']),
});

/** Schema of the manifest of a release. */
export const manifestSchema = z.strictObject({
  format: z.literal('fairlead-release/1'),
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  platform: z.enum(['linux-x64', 'linux-arm64']),
  node: z.string().regex(/^\d+\.\d+\.\d+$/),
  parts: z.array(partSchema).nonempty(),
  hostFiles: z.array(hostFile),
  sbomSha256: sha256,
});

/** Everything that a release contains; its digest is the name of the release. */
export type ReleaseManifest = z.output<typeof manifestSchema>;

/** Serializes a manifest: the same manifest is the same bytes. */
export function serializeManifest(manifest: ReleaseManifest): string {
  return `${JSON.stringify(manifest, undefined, 1)}\n`;
}

/** Returns the digest of a release: SHA-256 of its serialized manifest, in hexadecimal digits. */
export function digestOf(serialized: string | Uint8Array): string {
  return createHash('sha256').update(serialized).digest('hex');
}
