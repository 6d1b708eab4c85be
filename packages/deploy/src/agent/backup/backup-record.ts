import { createHash } from 'node:crypto';

import * as z from 'zod';

const file = z
  .strictObject({
    path: z.string().startsWith('/'),
    /** Permission bits in octal digits. */
    mode: z.string().regex(/^[0-7]{1,4}$/),
    /** Names of account and group. */
    owner: z.string().regex(/^[^:\s]{1,32}:[^:\s]{1,32}$/),
    sha256: z.string(),
    content: z.base64(),
  })
  .refine(({ sha256, content }) => digest(Buffer.from(content, 'base64')) === sha256, {
    error: 'its content has another SHA-256',
  });

const schema = z.strictObject({
  format: z.literal('fairlead-backup/1'),
  /** Name of the host. */
  host: z.string(),
  /** Time of the backup in ISO 8601. */
  at: z.iso.datetime(),
  /** `true` if the registry of the host was backed up before. */
  registry: z.boolean(),
  files: z.array(file),
});

/** Files of a host at one time, in one object: a backup is complete or missing. */
export type BackupRecord = z.output<typeof schema>;

/** Returns the SHA-256 in hexadecimal digits. */
export function digest(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Serializes a record. */
export function serializeRecord(record: BackupRecord): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

/**
 * Reads a record.
 *
 * @throws Error naming what is wrong, without a part of the content
 */
export function parseRecord(content: Uint8Array): BackupRecord {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(content).toString());
  } catch {
    throw new Error('it is not JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}
