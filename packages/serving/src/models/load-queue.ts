import type { RuntimeFactory } from '../runtime/runtime.ts';

/** Loads of one runtime. */
interface Loads {
  running: number;
  readonly waiting: (() => void)[];
}

/** A load that takes longer, as one that hangs does, no longer delays others. */
const MAX_SLOT_MS = 30_000;

/** Limits how many versions are loaded at the same time, to what the factory of their runtime says. */
export class LoadQueue {
  readonly #loads = new WeakMap<RuntimeFactory, Loads>();

  /**
   * Runs `load` when fewer than `factory.loadsAtOnce` others run.
   *
   * A load that takes longer than 30 seconds goes on, and the next one starts beside it.
   */
  async run<T>(factory: RuntimeFactory, load: () => Promise<T>): Promise<T> {
    const { loadsAtOnce = Infinity } = factory;
    const loads = this.#loads.get(factory) ?? { running: 0, waiting: [] };
    this.#loads.set(factory, loads);
    if (loads.running >= loadsAtOnce) {
      await new Promise<void>((resolve) => loads.waiting.push(resolve));
    } else loads.running += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      // The slot passes to the next load.
      const next = loads.waiting.shift();
      if (next === undefined) loads.running -= 1;
      else next();
    };
    const timer = setTimeout(release, MAX_SLOT_MS).unref();
    try {
      return await load();
    } finally {
      clearTimeout(timer);
      release();
    }
  }
}
