import type { RuntimeFactory } from '../runtime.ts';

/** Loads of one runtime. */
interface Loads {
  running: number;
  readonly waiting: (() => void)[];
}

/** Limits how many versions are loaded at the same time, to what the factory of their runtime says. */
export class LoadQueue {
  readonly #loads = new WeakMap<RuntimeFactory, Loads>();

  /** Runs `load` when fewer than `factory.loadsAtOnce` others run. */
  async run<T>(factory: RuntimeFactory, load: () => Promise<T>): Promise<T> {
    const { loadsAtOnce = Infinity } = factory;
    const loads = this.#loads.get(factory) ?? { running: 0, waiting: [] };
    this.#loads.set(factory, loads);
    if (loads.running >= loadsAtOnce) {
      await new Promise<void>((resolve) => loads.waiting.push(resolve));
    } else loads.running += 1;
    try {
      return await load();
    } finally {
      // The place passes to the next one.
      const next = loads.waiting.shift();
      if (next === undefined) loads.running -= 1;
      else next();
    }
  }
}
