const encoder = new TextEncoder();

/** Finds the index of a text by its UTF-8 bytes, without decoding or allocating. */
export class CategoryTable {
  readonly #texts: ReadonlyMap<string, number>;
  readonly #bytes: readonly Uint8Array[];
  /** Open addressing: index + 1 of a text, 0 for an empty slot. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #maxLength: number;

  constructor(categories: readonly string[]) {
    this.#texts = new Map(categories.map((text, index) => [text, index]));
    this.#bytes = categories.map((text) => encoder.encode(text));
    this.#maxLength = Math.max(0, ...this.#bytes.map(({ length }) => length));
    let size = 4;
    while (size < categories.length * 2) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(size);
    for (const [index, bytes] of this.#bytes.entries()) this.#insert(bytes, index);
  }

  /** Index of a text; −1 for an unknown one. */
  findText(text: string): number {
    return this.#texts.get(text) ?? -1;
  }

  /** Index of a text as UTF-8; −1 for an unknown one. */
  findBytes(bytes: Uint8Array): number {
    if (bytes.length > this.#maxLength) return -1;
    let slot = hash(bytes) & this.#mask;
    for (;;) {
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index === -1) return -1;
      if (equalBytes(this.#bytes[index], bytes)) return index;
      slot = (slot + 1) & this.#mask;
    }
  }

  #insert(bytes: Uint8Array, index: number): void {
    let slot = hash(bytes) & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = index + 1;
  }
}

/** FNV-1a of 32 bits; source: http://www.isthe.com/chongo/tech/comp/fnv/. */
function hash(bytes: Uint8Array): number {
  let value = 0x811c9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
  return value ^ (value >>> 16);
}

function equalBytes(left: Uint8Array | undefined, right: Uint8Array): boolean {
  if (left?.length !== right.length) return false;
  for (let index = 0; index < right.length; index += 1) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}
