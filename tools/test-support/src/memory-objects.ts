import { setImmediate } from 'node:timers/promises';

/** Objects in memory, with *create if absent*. */
export interface MemoryObjects {
  readonly bodies: Map<string, Uint8Array>;
  create(key: string, body: Uint8Array): Promise<boolean>;
  read(key: string): Promise<Uint8Array | undefined>;
  list(folder: string): Promise<{ readonly name: string; readonly kind: 'object' | 'folder' }[]>;
  remove(key: string): Promise<void>;
}

/** Objects in memory. Each request takes up to three turns of the event loop, so that concurrent ones end in any order. */
export function memoryObjects(): MemoryObjects {
  const bodies = new Map<string, Uint8Array>();
  const pause = async (): Promise<void> => {
    for (let turns = Math.floor(Math.random() * 4); turns > 0; turns -= 1) await setImmediate();
  };
  return {
    bodies,
    async create(key, body) {
      await pause();
      if (bodies.has(key)) return false;
      bodies.set(key, body);
      return true;
    },
    async read(key) {
      await pause();
      return bodies.get(key);
    },
    async remove(key) {
      await pause();
      bodies.delete(key);
    },
    async list(folder) {
      await pause();
      const children = [...bodies.keys()]
        .filter((key) => key.startsWith(`${folder}/`))
        .map((key) => key.slice(folder.length + 1).split('/'));
      return [...new Map(children.map(([name = '', ...rest]) => [name, rest.length]))].map(
        ([name, depth]) => ({ name, kind: depth === 0 ? 'object' : 'folder' }) as const,
      );
    },
  };
}
