import type { RuntimePlacement } from '../runtime/runtime.ts';

/** Facts that a placement is decided by. */
export interface PlacementFacts {
  /** Cores that this process may use. */
  readonly cores: number;
  /** Milliseconds that one row took; undefined when it couldn't be timed. */
  readonly rowMs: number | undefined;
  readonly modelBytes: number;
  /** Memory that this process may use, in bytes. */
  readonly memoryBytes: number;
  /** Requested number; undefined where it is decided here. */
  readonly workers: number | undefined;
  readonly intraOpThreads: number | undefined;
}

/** A model that answers faster is fed by the event loop no faster than one worker, which batches, can take it. */
const QUICK_ROW_MS = 1;
/** Each worker holds the weights; all of them together get this part of the memory. */
const MEMORY_SHARE = 1 / 4;
/** Weights, and what ONNX Runtime makes of them while it optimizes; measured with MLPs of 5 to 88 MB. */
const MEMORY_PER_MODEL_BYTE = 2;

/** Decides how many workers run a model, and with how many threads each: pure, so that it can be read and tested. */
export function planPlacement(facts: PlacementFacts): Omit<RuntimePlacement, 'inProcess'> {
  const { cores, rowMs, modelBytes, memoryBytes } = facts;
  // The event loop needs a separate core where there is more than one.
  const free = Math.max(1, cores - 1);
  const [workers, reason] = chooseWorkers();
  const intraOpThreads =
    facts.intraOpThreads ??
    (facts.workers === undefined && rowMs !== undefined && rowMs < QUICK_ROW_MS
      ? 1
      : Math.max(1, Math.floor(free / workers)));
  return { workers, intraOpThreads, reason };

  function chooseWorkers(): readonly [number, string] {
    if (facts.workers !== undefined) return [facts.workers, 'as configured'];
    if (rowMs === undefined) return [1, 'one worker: the model could not be timed on its own'];
    const took = `one row takes ${rowMs.toFixed(rowMs < 1 ? 3 : 1)} ms`;
    if (rowMs < QUICK_ROW_MS) return [1, `one worker: ${took}, and its batches keep up`];
    const affordable = Math.floor(
      (memoryBytes * MEMORY_SHARE) / (modelBytes * MEMORY_PER_MODEL_BYTE),
    );
    if (affordable < free) {
      const count = Math.max(1, affordable);
      return [count, `${count} of ${free} workers: ${took}, and memory holds no more copies`];
    }
    return [free, `${free} of ${cores} cores: ${took}`];
  }
}
