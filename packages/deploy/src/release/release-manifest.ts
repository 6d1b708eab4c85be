import { createHash } from 'node:crypto';

import { z } from 'zod';

import { DeployError } from '../deploy-error.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const mode = z.string().regex(/^[0-7]{3,4}$/);
const size = z.int().nonnegative();

/** A relative path without `..`, as it is in an archive. */
const innerPath = z
  .string()
  .min(1)
  .max(1024)
  .refine((path) => path.split('/').every((step) => !['', '.', '..'].includes(step)), {
    error: ({ input }) => `${JSON.stringify(input)} is not a relative path without ".."`,
  });

const partFile = z.strictObject({
  path: innerPath,
  sha256: sha256.optional(),
  bytes: size,
  mode,
  target: z.string().optional(),
});

/** What a part holds; parts of different roles change at different times. */
const role = z.enum(['node', 'packages', 'application', 'wheels', 'python', 'files', 'agent']);

const part = z.strictObject({
  role,
  sha256,
  bytes: size,
  compressedBytes: size,
  files: z.array(partFile),
});

/** A file of the operating system's folders: a link into the release is placed there. */
const hostFile = z.strictObject({
  path: z.string().regex(/^\/(?:[^/\0]+\/)*[^/\0]+$/),
  mode,
  owner: z.string(),
  role: z.enum(['nginx', 'gunicorn', 'systemd', 'host']),
});

const manifestSchema = z.strictObject({
  format: z.literal('fairlead-release/1'),
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  platform: z.enum(['linux-x64', 'linux-arm64']),
  node: z.string(),
  parts: z.array(part).nonempty(),
  hostFiles: z.array(hostFile),
  sbomSha256: sha256,
});

/** Kind of a part. */
export type PartRole = z.output<typeof role>;

/** A part of a release: one archive, addressed by its content. */
export type ReleasePart = z.output<typeof part>;

/** Everything that a release holds; its digest is the name of the release. */
export type ReleaseManifest = z.output<typeof manifestSchema>;

/** Serializes a manifest: the same manifest is the same bytes. */
export function serializeManifest(manifest: ReleaseManifest): string {
  return `${JSON.stringify(manifest, undefined, 1)}\n`;
}

/** Returns the digest of a release: SHA-256 of its serialized manifest, in hexadecimal digits. */
export function digestOf(serialized: string | Uint8Array): string {
  return createHash('sha256').update(serialized).digest('hex');
}

/**
 * Reads a serialized manifest.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED` naming what is wrong.
 */
export function parseManifest(serialized: string): ReleaseManifest {
  let json: unknown;
  try {
    json = JSON.parse(serialized);
  } catch (cause) {
    throw damaged('its manifest is not JSON', cause);
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw damaged(
    `its manifest, ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    parsed.error,
  );
}

/** Creates the error of a release that isn't what its manifest says. */
export function damaged(what: string, cause?: unknown): DeployError {
  return new DeployError(
    'ERR_DEPLOY_RELEASE_DAMAGED',
    `The release can't be used: ${what}. Build it again, or copy it again if it was built elsewhere.`,
    { cause },
  );
}
