import { readSync } from 'node:fs';

const START_BYTES = 64;
const PICKLE = 0x80;

const SIGNATURES: readonly (readonly [start: readonly number[], format: string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a ZIP archive, as PyTorch and Keras save a model'],
  [[0x89, 0x48, 0x44, 0x46], 'an HDF5 file, as Keras saves a model'],
  [[0x1f, 0x8b], 'a gzip file'],
];

/**
 * Names the format of a file that users take for an ONNX model; undefined if it is none of them.
 *
 * @param source its bytes, or its file descriptor
 */
export function foreignFormat(source: Uint8Array | number): string | undefined {
  const start = startOf(source);
  const [first = 0, second = 0] = start;
  if (first === PICKLE && second >= 2 && second <= 5) {
    return 'a Python pickle, as pickle and joblib save a scikit-learn model';
  }
  const known = SIGNATURES.find(([bytes]) => bytes.every((byte, index) => start[index] === byte));
  if (known !== undefined) return known[1];
  return start.length > 0 && start.every(isText) ? 'a text file' : undefined;
}

function startOf(source: Uint8Array | number): Uint8Array {
  if (typeof source !== 'number') return source.subarray(0, START_BYTES);
  const buffer = Buffer.alloc(START_BYTES);
  return buffer.subarray(0, readSync(source, buffer, 0, START_BYTES, 0));
}

/** Printable ASCII, tab, line feed or carriage return. */
const isText = (byte: number): boolean =>
  (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
