import type { ObjectStore, StoreEntry } from '@fairlead/registry';

/** An object that would be written. */
interface DryRunObject {
  readonly key: string;
  readonly bytes: number;
}

/** A store that takes writes without making them, and says afterwards what they would have been. */
export interface DryRunStore extends ObjectStore {
  /** What would be there more, in order of the keys. */
  readonly created: () => readonly DryRunObject[];
  /** Keys of what would be there no more, in their order. */
  readonly removed: () => readonly string[];
}

/** Larger bodies are read to their end, but not kept: nothing reads a blob back that it just wrote. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;

interface Written {
  readonly bytes: number;
  readonly body: Uint8Array | undefined;
}

/**
 * Makes every change of a dry run in memory, over `base`, which is only read.
 *
 * So a dry run is the very run, with every check that it makes and every conflict that it meets, and can't differ from it.
 */
export function dryRunStore(base: ObjectStore): DryRunStore {
  const written = new Map<string, Written>();
  const removed = new Set<string>();
  const kept = (key: string): Written | undefined => written.get(key);

  async function create(key: string, body: Parameters<ObjectStore['create']>[1]): Promise<boolean> {
    if (kept(key) !== undefined) return false;
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
      kept(key)?.body ?? (removed.has(key) ? undefined : base.read(key, limits)),
    async *stream(key) {
      const own = kept(key);
      if (own === undefined) yield* base.stream(key);
      else if (own.body !== undefined) yield own.body;
      else throw new Error(`a dry run keeps no body of ${own.bytes} bytes: ${key}`);
    },
    size: async (key) => kept(key)?.bytes ?? (removed.has(key) ? undefined : base.size(key)),
    age: async (key) =>
      kept(key) === undefined ? (removed.has(key) ? undefined : base.age(key)) : 0,
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
    if (bytes > MAX_KEPT_BYTES) chunks = undefined;
    chunks?.push(Uint8Array.from(chunk));
  }
  return { bytes, body: chunks && Buffer.concat(chunks) };
}
