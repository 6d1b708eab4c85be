import { parseJson } from '@fairlead/signature';
import { createHash } from 'node:crypto';
import { formatJson } from './json-text.ts';
import { RegistryError } from '../errors/registry-error.ts';

/** Length limit of every record, in bytes: a longer one is neither written nor read. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

const TRAILER = /^,\n {2}"seal": "([0-9a-f]{64})"\n\}\n$/;
const TRAILER_BYTES = Buffer.byteLength(`,\n  "seal": "${'0'.repeat(64)}"\n}\n`);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Writes a record as JSON text whose last field, `seal`, is the SHA-256 of every byte before it.
 *
 * One flipped byte anywhere is therefore found without a second file, and the text stays plain JSON.
 */
export function encodeRecord(record: object): Uint8Array {
  // Cuts the closing "\n}" off, in whose place the digest is written.
  const body = Buffer.from(formatJson(record).slice(0, -2));
  return Buffer.concat([body, Buffer.from(`,\n  "seal": "${sha256(body)}"\n}\n`)]);
}

/**
 * Reads a record that {@link encodeRecord} wrote; `key` names it in messages.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT` when a byte isn't intact.
 */
export function decodeRecord(key: string, bytes: Uint8Array): unknown {
  const cut = Math.max(0, bytes.length - TRAILER_BYTES);
  const seal = TRAILER.exec(Buffer.from(bytes.subarray(cut)).toString('latin1'))?.[1];
  if (seal === undefined || seal !== sha256(bytes.subarray(0, cut))) {
    throw new RegistryError(
      'ERR_REGISTRY_CORRUPT',
      `${key} is damaged: its digest ("seal") does not match its content; restore it from a backup`,
    );
  }
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new RegistryError('ERR_REGISTRY_CORRUPT', `${key} matches its digest, but is not JSON`, {
      cause,
    });
  }
}
