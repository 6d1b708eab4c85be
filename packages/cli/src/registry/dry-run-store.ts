import type { ObjectStore, StoreEntry } from '@fairlead/registry';

/** An object that a dry run would write. */
interface DryRunObject {
  readonly key: string;
  readonly bytes: number;
}

/** A store that records writes instead of making them. */
export interface DryRunStore extends ObjectStore {
  /** Objects that would be created, in order of their keys. */
  readonly created: () => readonly DryRunObject[];
  /** Keys of objects that would be removed, in order. */
  readonly removed: () => readonly string[];
}

/** Larger bodies are read to their end, but not buffered: no command reads back a blob that it wrote. */
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024;

interface Written {
  readonly bytes: number;
  readonly body: Uint8Array | undefined;
}

/**
 * Makes the changes of a dry run in memory, over `base`, which is only read.
 *
 * So a dry run executes the same code as the real run, with the same checks and conflicts.
 */
export function dryRunStore(base: ObjectStore): DryRunStore {
  const written = new Map<string, Written>();
  const removed = new Set<string>();
  const buffered = (key: string): Written | undefined => written.get(key);

  async function create(key: string, body: Parameters<ObjectStore['create']>[1]): Promise<boolean> {
    if (buffered(key) !== undefined) return false;
    if (!removed.has(key) && (await base.size(key)) !== undefined) return false;
    written.set(key, typeof body === 'function' ? await readAll(body()) : whole(body));
    return true;
  }

  async function list(folder: string): Promise<readonly StoreEntry[]> {
    const prefix = folder === '' ? '' : `${folder}/`;
    const entries = new Map<string, StoreEntry>();
    for (const entry of await base.list(folder)) {
      if (!removed.has(prefix + entry.name)) entries.set(entry.name, entry);
    }
    for (const key of written.keys()) {
      if (!key.startsWith(prefix)) continue;
      const [name = '', ...deeper] = key.slice(prefix.length).split('/');
      entries.set(name, { name, kind: deeper.length === 0 ? 'object' : 'folder' });
    }
    return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  return {
    location: base.location,
    create,
    list,
    read: async (key, limits) =>
      buffered(key)?.body ?? (removed.has(key) ? undefined : base.read(key, limits)),
    async *stream(key) {
      const own = buffered(key);
      if (own === undefined) yield* base.stream(key);
      else if (own.body !== undefined) yield own.body;
      else throw new Error(`a dry run buffers no body of ${own.bytes} bytes: ${key}`);
    },
    size: async (key) => buffered(key)?.bytes ?? (removed.has(key) ? undefined : base.size(key)),
    age: async (key) =>
      buffered(key) === undefined ? (removed.has(key) ? undefined : base.age(key)) : 0,
    async remove(key) {
      if (!written.delete(key) && (await base.size(key)) !== undefined) removed.add(key);
    },
    sweep: () => Promise.resolve(0),
    created: () =>
      [...written]
        .map(([key, { bytes }]) => ({ key, bytes }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    removed: () => [...removed].sort(),
  };
}

function whole(body: Uint8Array): Written {
  return { bytes: body.length, body: Uint8Array.from(body) };
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Written> {
  let chunks: Uint8Array[] | undefined = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BUFFERED_BYTES) chunks = undefined;
    chunks?.push(Uint8Array.from(chunk));
  }
  return { bytes, body: chunks && Buffer.concat(chunks) };
}
