import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { RegistryError } from '../errors/registry-error.ts';
import { isPassing, nameOf, s3Error, statusOf } from './s3-error.ts';
import type { Attempt, S3Requests } from './s3-requests.ts';

/** Reads a whole object, or `undefined` if it doesn't exist; an object of more than `maxBytes` is rejected before it is read. */
export function getBytes(
  requests: S3Requests,
  key: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  return requests.run('read', key, async (attempt) => {
    const answer = await get(requests, key, attempt);
    if (answer === undefined) return undefined;
    const body = bodyOf(answer);
    const { ContentLength: size = Infinity } = answer;
    if (size > maxBytes) {
      body.destroy();
      throw new RegistryError(
        'ERR_REGISTRY_TOO_LARGE',
        `${requests.nameOf(key)} has ${size} bytes, and at most ${maxBytes} are read; ` +
          'no registry wrote it: move it out of the store',
      );
    }
    const bytes = Buffer.concat((await body.toArray()) as Uint8Array[]);
    if (bytes.length !== size) throw cutShort(requests.nameOf(key), bytes.length, size);
    return bytes;
  });
}

/** Returns the length of an object in bytes, or `undefined` if it doesn't exist. */
export function getSize(requests: S3Requests, key: string): Promise<number | undefined> {
  // Not HEAD, whose refusals have no body: they don't distinguish a missing object from a missing bucket.
  return requests.run('look for', key, async (attempt) => {
    try {
      const answer = await get(requests, key, attempt, { Range: 'bytes=0-0' });
      if (answer === undefined) return undefined;
      bodyOf(answer).resume();
      const total = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
      return total === undefined ? answer.ContentLength : Number(total);
    } catch (error) {
      // An empty object has no first byte.
      if (statusOf(error) === 416) return 0;
      throw error;
    }
  });
}

/**
 * Reads an object in chunks; when a connection breaks, a new one continues at its end.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT` when there is no object, or it was exchanged while it was read.
 */
export async function* streamObject(
  requests: S3Requests,
  key: string,
): AsyncGenerator<Uint8Array, void> {
  const name = requests.nameOf(key);
  let offset = 0;
  let etag: string | undefined;
  let size: number | undefined;
  let nextPause = requests.retryDelays();
  while (size === undefined || offset < size) {
    const answer = await requests.run('read', key, (attempt) =>
      get(
        requests,
        key,
        attempt,
        offset > 0 ? { Range: `bytes=${offset}-`, ...(etag && { IfMatch: etag }) } : {},
      ),
    );
    if (answer === undefined) {
      throw new RegistryError(
        'ERR_REGISTRY_CORRUPT',
        `${name} is missing; restore it, or push the same content again`,
      );
    }
    if (offset === 0) {
      etag = answer.ETag;
      size = answer.ContentLength ?? 0;
    }
    const body = bodyOf(answer);
    const iterator = body[Symbol.asyncIterator]();
    try {
      for (;;) {
        let next: IteratorResult<Uint8Array>;
        try {
          next = await inTime(body, iterator.next(), requests.timeoutMs);
        } catch (error) {
          const pauseMs = isPassing(error) ? nextPause() : undefined;
          if (pauseMs === undefined) throw s3Error('read', name, error);
          await sleep(pauseMs);
          break;
        }
        if (next.done === true) break;
        offset += next.value.length;
        nextPause = requests.retryDelays();
        yield next.value;
      }
    } finally {
      body.destroy();
    }
    if (offset < (size ?? 0) && nextPause() === undefined) {
      throw s3Error('read', name, cutShort(name, offset, size ?? 0));
    }
  }
}

async function get(
  requests: S3Requests,
  key: string,
  attempt: Attempt,
  condition: { readonly Range?: string; readonly IfMatch?: string } = {},
): Promise<GetObjectCommandOutput | undefined> {
  const { bucket: Bucket } = requests.location;
  const command = new GetObjectCommand({ Bucket, Key: requests.keyOf(key), ...condition });
  try {
    return await requests.client.send(command, attempt);
  } catch (error) {
    if (nameOf(error) === 'NoSuchKey') return undefined;
    if (statusOf(error) !== 412) throw error;
    throw new RegistryError(
      'ERR_REGISTRY_CORRUPT',
      `${requests.nameOf(key)} was exchanged while it was read; objects of a registry never change: restore it`,
      { cause: error },
    );
  }
}

function bodyOf({ Body }: GetObjectCommandOutput): Readable {
  if (Body instanceof Readable) return Body;
  throw new TypeError('the client has no request handler of Node.js');
}

/** Ends a body that is silent for too long. */
async function inTime<T>(body: Readable, next: Promise<T>, timeoutMs: number): Promise<T> {
  const timer = setTimeout(() => {
    body.destroy(Object.assign(new Error(`silent for ${timeoutMs} ms`), { code: 'ETIMEDOUT' }));
  }, timeoutMs);
  try {
    return await next;
  } finally {
    clearTimeout(timer);
  }
}

function cutShort(name: string, found: number, size: number): Error {
  const error = new Error(`${name} ended after ${found} of ${size} bytes`);
  return Object.assign(error, { code: 'ECONNRESET' });
}
