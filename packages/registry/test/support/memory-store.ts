import { type ObjectStore, RegistryError, type StoreEntry } from '@fairlead/registry';

const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/;

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** A store in memory, each of whose changes is atomic: what happens in between can be chosen, and looked at. */
export class MemoryStore implements ObjectStore {
  readonly location = 'memory';
  readonly #objects = new Map<string, StoredObject>();
  readonly #onChange: (store: MemoryStore, change: string) => void;

  /** `onChange` is called right after each change, with the store as it is at that moment. */
  constructor(onChange: (store: MemoryStore, change: string) => void = () => undefined) {
    this.#onChange = onChange;
  }

  /** Every object: key → bytes. */
  get objects(): ReadonlyMap<string, Uint8Array> {
    return new Map([...this.#objects].map(([key, { bytes }]) => [key, bytes]));
  }

  has(key: string): boolean {
    return this.#objects.has(key);
  }

  readonly create: ObjectStore['create'] = async (key, body) => {
    check(key);
    if (this.#objects.has(key)) return false;
    const bytes = typeof body === 'function' ? await collect(body()) : Uint8Array.from(body);
    if (this.#objects.has(key)) return false;
    this.#objects.set(key, { bytes, at: Date.now() });
    this.#onChange(this, `create ${key}`);
    return true;
  };

  readonly read: ObjectStore['read'] = (key, { maxBytes }) =>
    attempt(() => {
      check(key);
      const bytes = this.#objects.get(key)?.bytes;
      if (bytes === undefined || bytes.length <= maxBytes) return bytes && Uint8Array.from(bytes);
      throw new RegistryError('ERR_REGISTRY_TOO_LARGE', `${key} has ${bytes.length} bytes`);
    });

  readonly size: ObjectStore['size'] = (key) =>
    attempt(() => {
      check(key);
      return this.#objects.get(key)?.bytes.length;
    });

  readonly age: ObjectStore['age'] = (key) =>
    attempt(() => {
      check(key);
      const object = this.#objects.get(key);
      return object && Date.now() - object.at;
    });

  readonly remove: ObjectStore['remove'] = (key) =>
    attempt(() => {
      check(key);
      if (this.#objects.delete(key)) this.#onChange(this, `remove ${key}`);
    });

  readonly list: ObjectStore['list'] = (folder) =>
    attempt(() => {
      if (folder !== '') check(folder);
      const prefix = folder === '' ? '' : `${folder}/`;
      const entries = new Map<string, StoreEntry['kind']>();
      for (const key of this.#objects.keys()) {
        if (!key.startsWith(prefix)) continue;
        const [name = '', ...rest] = key.slice(prefix.length).split('/');
        entries.set(name, rest.length === 0 ? 'object' : 'folder');
      }
      return [...entries]
        .map(([name, kind]) => ({ name, kind }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    });

  readonly sweep: ObjectStore['sweep'] = () => Promise.resolve(0);

  async *stream(key: string): AsyncGenerator<Uint8Array, void> {
    const bytes = await this.read(key, { maxBytes: Infinity });
    if (bytes === undefined) throw new RegistryError('ERR_REGISTRY_CORRUPT', `${key} is missing`);
    yield bytes;
  }
}

function attempt<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

function check(key: string): void {
  if (key.split('/').every((segment) => SEGMENT.test(segment))) return;
  throw new RegistryError('ERR_REGISTRY_INVALID_PATH', `${JSON.stringify(key)} is no key`);
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
  return Uint8Array.from(Buffer.concat(chunks));
}
