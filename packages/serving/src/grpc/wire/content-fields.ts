import type { InferTensorContents } from './messages.ts';

/** A field of `InferTensorContents`. */
export interface ContentField {
  readonly name: keyof InferTensorContents;
  /** Bytes of each element; 0 for varints, `null` for byte strings, each of which is a field. */
  readonly elementBytes: 0 | 4 | 8 | null;
}

/** The fields of `InferTensorContents` by their numbers in `proto/open-inference.proto`. */
export const contentFields: Readonly<Partial<Record<number, ContentField>>> = {
  1: { name: 'boolContents', elementBytes: 0 },
  2: { name: 'intContents', elementBytes: 0 },
  3: { name: 'int64Contents', elementBytes: 0 },
  4: { name: 'uintContents', elementBytes: 0 },
  5: { name: 'uint64Contents', elementBytes: 0 },
  6: { name: 'fp32Contents', elementBytes: 4 },
  7: { name: 'fp64Contents', elementBytes: 8 },
  8: { name: 'bytesContents', elementBytes: null },
};
