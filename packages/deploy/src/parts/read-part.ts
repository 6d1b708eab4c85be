import { createHash, type Hash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { describeValue } from '@fairlead/signature';
import { extract, type Header } from 'tar-stream';

import { damaged, DeployError } from '../deploy-error.ts';
import { readToEnd } from './read-to-end.ts';
import type { PartFile, ReleasePart } from './release-part.ts';

/** Bytes of an archive beside the content of a file: headers, an extended header for a long path, and the rest of its last block. */
const OVERHEAD_PER_FILE = 4_096;

/** Receives a file of a part, and its content, which it must read to the end; a link has no content. */
export type OnFile = (file: PartFile, content: AsyncIterable<Uint8Array>) => Promise<void>;

/** Hashes an archive, and ends with an error once it is larger than its files can be. */
class MeteredStream extends Transform {
  readonly hash = createHash('sha256');
  #left: number;

  constructor(maxBytes: number) {
    super();
    this.#left = maxBytes;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.#left -= chunk.length;
    if (this.#left < 0) {
      done(damaged('a part unpacks to more than its files'));
      return;
    }
    this.hash.update(chunk);
    done(null, chunk);
  }
}

/**
 * Reads the compressed archive of a part and checks it against the manifest: the files in it are the ones of the manifest, each once,
 * with the same content, size, mode and target, and the archive has the digest of the part.
 *
 * @param onFile Called for each file, before its digest is known; everything it wrote is void if the promise rejects.
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED` naming the part and the file.
 */
export async function readPart(
  part: ReleasePart,
  archive: AsyncIterable<Uint8Array>,
  onFile: OnFile = (_file, content) => readToEnd(content),
): Promise<void> {
  const expected = new Map(part.files.map((file) => [file.path, file]));
  const maxBytes = part.bytes + OVERHEAD_PER_FILE * (part.files.length + 1);
  const meter = new MeteredStream(maxBytes);
  const reader = extract();
  let failure: unknown;
  const feeding = pipeline(archive, createGunzip(), meter, reader).catch((error: unknown) => {
    failure = error;
    reader.destroy(error as Error);
  });
  try {
    for await (const entry of reader) {
      const { name } = entry.header;
      const file = expected.get(name);
      expected.delete(name);
      if (file === undefined) throw wrong(part, name, 'is not in the manifest, or there twice');
      await readFile(part, file, entry, onFile);
    }
  } catch (error) {
    const cause = failure ?? error;
    if (cause instanceof DeployError || isOfOnFile(cause)) throw cause;
    throw damaged(`the part ${part.role} can't be unpacked`, cause);
  } finally {
    reader.destroy();
    await feeding;
  }
  const [missing] = expected.keys();
  if (missing !== undefined) throw wrong(part, missing, 'is missing');
  if (meter.hash.digest('hex') !== part.sha256) {
    throw damaged(`the part ${part.role} has another content than its name says`);
  }
}

async function readFile(
  part: ReleasePart,
  file: PartFile,
  entry: AsyncIterable<unknown> & { readonly header: Header },
  onFile: OnFile,
): Promise<void> {
  const { name, type, size, mode, linkname } = entry.header;
  const isLink = 'target' in file;
  if (type !== (isLink ? 'symlink' : 'file')) throw wrong(part, name, `is a ${type}`);
  if (isLink && linkname !== file.target) throw wrong(part, name, 'has another target');
  if (size !== file.bytes) throw wrong(part, name, `has ${size} bytes, not ${file.bytes}`);
  if ((mode & 0o7777).toString(8) !== file.mode) throw wrong(part, name, 'has another mode');
  const hash = createHash('sha256');
  await onFile(file, hashed(entry as AsyncIterable<Uint8Array>, hash));
  if (!isLink && hash.digest('hex') !== file.sha256) {
    throw wrong(part, name, 'has another content');
  }
}

async function* hashed(content: AsyncIterable<Uint8Array>, hash: Hash): AsyncIterable<Uint8Array> {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Checks whether an error is of the file system, not of the archive: zlib's have a code too. */
function isOfOnFile(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function wrong({ role }: ReleasePart, name: string, problem: string): DeployError {
  return damaged(`the file ${describeValue(name)} of the part ${role} ${problem}`);
}
