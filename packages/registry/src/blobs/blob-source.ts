import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { readChunks } from '../store/read-chunks.ts';
import { RegistryError } from '../errors/registry-error.ts';

/** Content of a pushed file. */
export interface Fingerprint {
  readonly sha256: string;
  readonly size: number;
}

/** Computes the fingerprint of a body, chunk by chunk. */
export async function fingerprint(body: AsyncIterable<Uint8Array>): Promise<Fingerprint> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}

/**
 * Reads a file to push: `source` is its local path, or its bytes.
 *
 * @throws RegistryError `ERR_REGISTRY_SOURCE_UNREADABLE` at the first chunk; `path` names it in the message.
 */
export async function* readSource(
  path: string,
  source: string | Uint8Array,
): AsyncGenerator<Uint8Array, void> {
  if (typeof source !== 'string') {
    yield source;
    return;
  }
  try {
    // O_NONBLOCK: opening a pipe doesn't block; it is rejected below.
    const handle = await open(source, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) throw new Error('it is not a file');
      yield* readChunks(handle);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'ERR_REGISTRY_SOURCE_UNREADABLE',
      `cannot push ${JSON.stringify(path)} from ${source}: ${why}`,
      { cause },
    );
  }
}

/**
 * Reads a file to push a second time, and fails at its end when it isn't what it was the first time.
 *
 * @throws RegistryError `ERR_REGISTRY_SOURCE_CHANGED`, `ERR_REGISTRY_SOURCE_UNREADABLE`
 */
export async function* readUnchanged(
  path: string,
  source: string | Uint8Array,
  expected: Fingerprint,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  for await (const chunk of readSource(path, source)) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') === expected.sha256) return;
  throw new RegistryError(
    'ERR_REGISTRY_SOURCE_CHANGED',
    `${JSON.stringify(path)} changed while it was pushed; push it again once it is complete`,
  );
}
