import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';
import { FORMAT_VERSION } from '../records/check-record.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { syncFolder } from '../folder/durable-file.ts';
import type { Archive, ArchiveEntry } from './archive.ts';
import { invalidArchive } from './archive-key.ts';
import { newFileError, requireNewFile } from './new-file.ts';

/** Last entry of the file: a truncated file lacks it. */
const END = 'fairlead-archive.json';
const MAX_END_BYTES = 4096;
/** A fixed time: the same objects give the same file. */
const NO_TIME = new Date(0);

/**
 * Writes `entries` into the new tar file `path`, which appears when it is complete and durable.
 *
 * @throws RegistryError `ERR_REGISTRY_ARCHIVE_CONFLICT` when there is something at `path`, and what `requireNewFile` and `newFileError` say.
 */
export async function writeTar(
  path: string,
  entries: AsyncIterable<ArchiveEntry>,
  onEntry: (entry: ArchiveEntry) => void,
): Promise<void> {
  await requireNewFile(path);
  const { pack } = await import('tar-stream');
  const target = resolve(path);
  const temporary = `${target}.${process.pid}.partial`;
  const tar = pack();
  try {
    const handle = await open(temporary, 'wx', 0o444);
    try {
      const filled = fill(tar, entries, onEntry);
      // Destroying the tar lets the failure through below.
      filled.catch((error: unknown) => {
        tar.destroy(error instanceof Error ? error : new Error(String(error)));
      });
      for await (const chunk of tar) await handle.writeFile(chunk as Uint8Array);
      await filled;
      await handle.sync();
    } finally {
      tar.destroy();
      await handle.close();
    }
    await link(temporary, target);
    await syncFolder(dirname(target));
  } catch (cause) {
    throw newFileError(target, cause);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function fill(
  tar: Pack,
  entries: AsyncIterable<ArchiveEntry>,
  onEntry: (entry: ArchiveEntry) => void,
): Promise<void> {
  let objects = 0;
  for await (const entry of entries) {
    const written = Promise.withResolvers<undefined>();
    // The stream of the tar file reports failures while it is written.
    written.promise.catch(() => undefined);
    const header = { name: entry.key, size: entry.size, mode: 0o444, mtime: NO_TIME };
    const sink = tar.entry(header, (error) => {
      if (error) written.reject(error);
      else written.resolve(undefined);
    });
    // An unhandled event would end the process.
    sink.on('error', () => undefined);
    for await (const chunk of entry.body) {
      // The sink may hold the chunk longer than it is valid.
      if (!sink.write(Buffer.from(chunk))) await once(sink, 'drain');
    }
    sink.end(null);
    await written.promise;
    objects += 1;
    onEntry(entry);
  }
  const end = `${JSON.stringify({ formatVersion: FORMAT_VERSION, objects })}\n`;
  tar.entry({ name: END, mode: 0o444, mtime: NO_TIME }, end);
  tar.finalize();
}

/** Reads the tar file `path`; an entry that isn't a plain file, and a truncated file, are `ERR_REGISTRY_ARCHIVE_INVALID`. */
export function tarArchive(path: string): Archive {
  const location = resolve(path);
  return {
    location,
    async *entries() {
      const { extract } = await import('tar-stream');
      const tar = extract();
      const file = createReadStream(location);
      const fed = pipeline(file, tar);
      // The tar stream throws the failure as well.
      fed.catch((error: unknown) => {
        tar.destroy(error instanceof Error ? error : new Error(String(error)));
      });
      let objects = 0;
      let ended = false;
      try {
        for await (const entry of tar) {
          const { name, type, size } = entry.header;
          if (ended) throw invalidArchive(location, `it has data after its end`);
          if (type === 'directory') continue;
          if (type !== 'file') {
            throw invalidArchive(location, `${JSON.stringify(name)} in it is a ${type}`);
          }
          if (name === END) {
            await checkEnd(location, chunksOf(location, entry), size, objects);
            ended = true;
            continue;
          }
          yield { key: name, size, body: chunksOf(location, entry) };
          entry.resume();
          objects += 1;
        }
        await fed;
      } catch (cause) {
        if (cause instanceof RegistryError) throw cause;
        throw unreadable(location, cause);
      } finally {
        tar.destroy();
        file.destroy();
      }
      if (!ended) throw invalidArchive(location, `it is cut off after ${objects} objects`);
    },
  };
}

/** The body of an entry, whose chunks are bytes. */
async function* chunksOf(
  location: string,
  entry: AsyncIterable<unknown>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* entry as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw unreadable(location, cause);
  }
}

function unreadable(location: string, cause: unknown): RegistryError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return invalidArchive(location, `it can't be read as a tar file (${why})`, { cause });
}

async function checkEnd(
  location: string,
  body: AsyncIterable<Uint8Array>,
  size: number,
  objects: number,
): Promise<void> {
  if (size > MAX_END_BYTES) throw invalidArchive(location, `${END} in it is too large`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const end = JSON.parse(Buffer.concat(chunks).toString()) as {
    readonly formatVersion?: unknown;
    readonly objects?: unknown;
  };
  if (end.formatVersion !== FORMAT_VERSION) {
    throw new RegistryError(
      'ERR_REGISTRY_UNSUPPORTED_FORMAT',
      `${location} has a format other than ${FORMAT_VERSION}, which this @fairlead/registry reads: upgrade it`,
    );
  }
  if (end.objects !== objects) {
    throw invalidArchive(location, `it has ${objects} objects instead of ${String(end.objects)}`);
  }
}
