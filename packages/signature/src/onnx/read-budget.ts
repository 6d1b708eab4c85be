/** Models have up to a few hundred thousand parts; each takes about a hundred bytes of memory. */
const MAX_PARTS = 4_000_000;

/** Limits the memory for reading a file: two bytes can be a node. */
export class ReadBudget {
  #left = MAX_PARTS;

  /** Counts nodes, tensors, attributes and names. */
  spend(parts = 1): void {
    this.#left -= parts;
    if (this.#left < 0) throw new Error(`its graph has more than ${MAX_PARTS} parts`);
  }
}
