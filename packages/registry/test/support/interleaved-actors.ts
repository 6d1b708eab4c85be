import type { ObjectStore } from '@fairlead/registry';
import type { Scheduler } from 'fast-check';
import type { MemoryStore } from './memory-store.ts';

/** Runs the calls of several actors on one store, one at a time, in an order that a scheduler chooses. */
export class InterleavedActor {
  readonly store: ObjectStore;
  readonly #name: string;
  readonly #scheduler: Scheduler;
  readonly #shared: MemoryStore;
  readonly #notices = new Set<string>();
  #callsLeft: number;
  #changes = 0;

  /** An actor that is killed when it makes more than `calls` calls to `shared`. */
  constructor(name: string, scheduler: Scheduler, shared: MemoryStore, calls: number) {
    this.#name = name;
    this.#scheduler = scheduler;
    this.#shared = shared;
    this.#callsLeft = calls;
    const turn = this.#turn.bind(this);
    this.store = {
      location: shared.location,
      create: async (key, body) => {
        await turn('create', key);
        this.#changes += 1;
        if (key.startsWith('condemned/')) this.#notices.add(key);
        return shared.create(key, body);
      },
      remove: async (key) => {
        await turn('remove', key);
        this.#changes += 1;
        return shared.remove(key);
      },
      read: async (key, limits) => {
        await turn('read', key);
        return shared.read(key, limits);
      },
      async *stream(key) {
        await turn('stream', key);
        yield* shared.stream(key);
      },
      size: async (key) => {
        await turn('size', key);
        return shared.size(key);
      },
      age: async (key) => {
        await turn('age', key);
        return shared.age(key);
      },
      list: async (folder) => {
        await turn('list', folder);
        return shared.list(folder);
      },
      sweep: (olderThanMs) => shared.sweep(olderThanMs),
    };
  }

  /** True after a kill: no further call reaches the store. */
  get isKilled(): boolean {
    return this.#callsLeft < 0;
  }

  /** Number of calls so far that change the store. */
  get changes(): number {
    return this.#changes;
  }

  async #turn(call: string, key: string): Promise<void> {
    this.#callsLeft -= 1;
    if (this.#callsLeft < 0) {
      // A writer waits for a killed collection until its deletion notice expires, after a minute, which has passed now.
      for (const notice of this.#notices) await this.#shared.remove(notice);
      // Its further calls change nothing; it continues only to close its files.
      throw new Error(`${this.#name} was killed`);
    }
    await this.#scheduler.schedule(Promise.resolve(), `${this.#name}: ${call} ${key}`);
  }
}
