import { SCANNER_MODULE } from './scanner-module.ts';

/** Powers of ten that the scanner reads, from 10^0. */
const POWERS = 61;
const PAGE_BYTES = 65_536;
/** Where the text begins in the memory, behind the powers. */
const TEXT_AT = 512;
/** Bytes that may be read behind the text: eight digits are tried at once. */
const MARGIN = 16;

interface ScannerExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly position: { readonly value: number };
  scan(from: number, out: number): number;
}

// Node has it; the types of Node don't.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

/** Reads lists of numbers in JSON text as binary32, several times as fast as JSON.parse; one instance in each thread. */
class FloatScanner {
  readonly #exports: ScannerExports;
  #bytes: Uint8Array;
  #floats: Float32Array;
  #outAt = 0;

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(SCANNER_MODULE, 'base64'));
    const { exports } = new WebAssembly.Instance(module);
    this.#exports = exports as ScannerExports;
    const { buffer } = this.#exports.memory;
    const powers = new Float64Array(buffer, 0, POWERS);
    for (let power = 0; power < POWERS; power++) powers[power] = Number(`1e${power}`);
    this.#bytes = new Uint8Array(buffer);
    this.#floats = new Float32Array(buffer);
  }

  /** Takes a text; what was scanned before is overwritten. */
  open(text: Uint8Array): void {
    const { length } = text;
    const end = TEXT_AT + length;
    this.#outAt = (end + MARGIN + 7) & ~7;
    // Each number has at least one digit and a comma, and takes four bytes.
    const missing = this.#outAt + 2 * length + MARGIN - this.#bytes.length;
    if (missing > 0) {
      this.#exports.memory.grow(Math.ceil(missing / PAGE_BYTES));
      this.#bytes = new Uint8Array(this.#exports.memory.buffer);
      this.#floats = new Float32Array(this.#exports.memory.buffer);
    }
    this.#bytes.set(text, TEXT_AT);
    // The rest of a longer text before doesn't continue this one.
    this.#bytes.fill(0, end, end + MARGIN);
  }

  /**
   * Reads the list whose opening bracket is before index `from`; the result is a part of the scanner's memory.
   *
   * Returns undefined for everything that JSON.parse has to decide.
   */
  read(from: number): Float32Array | undefined {
    const count = this.#exports.scan(TEXT_AT + from, this.#outAt);
    if (count < 0) return undefined;
    const at = this.#outAt / 4;
    this.#outAt += 4 * count;
    return this.#floats.subarray(at, at + count);
  }

  /** Index behind the closing bracket of the last list. */
  get position(): number {
    return this.#exports.position.value - TEXT_AT;
  }
}

export const floatScanner = new FloatScanner();
