import { createBaseline, type Baseline } from '@fairlead/windows';

export const FEATURES = 100;
export const LABEL = { model: 'tabular', version: '1' };

const names = Array.from({ length: FEATURES }, (_, index) => `x[${index}]`);

/** A baseline with 64 bins for each of 100 features and one output. */
export function syntheticBaseline(): Baseline {
  const rows = 2000;
  const column = (seed: number): number[] =>
    Array.from({ length: rows }, (_, row) => noise(row, seed));
  const table = Object.fromEntries([...names, 'y'].map((name, index) => [name, column(index)]));
  return createBaseline(table, {
    signature: {
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, FEATURES] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
    },
  });
}

/** Tensors of a request whose values are distributed as those of the baseline. */
export function syntheticRequest(rows: number, seed: number) {
  const data = Float32Array.from({ length: rows * FEATURES }, (_, at) =>
    noise(seed * rows + Math.floor(at / FEATURES), at % FEATURES),
  );
  const output = Float32Array.from({ length: rows }, (_, row) =>
    noise(seed * rows + row, FEATURES),
  );
  return {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, FEATURES], data } as const],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [rows], data: output } as const],
  };
}

/** A number from 0 to 1 that depends on a row and a column only. */
function noise(row: number, column: number): number {
  const mixed = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca6b);
  const spread = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return ((spread ^ (spread >>> 13)) >>> 0) / 2 ** 32;
}
