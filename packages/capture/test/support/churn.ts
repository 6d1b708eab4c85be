import type { CapturedInference } from '@fairlead/capture';
import type { Signature } from '@fairlead/signature';

/** A value of a sensitive feature or tensor, which no file may have. */
export const sentinel = 987_654_321;
export const sentinelText = 'SENTINEL-7f3a';

/** The ways in which the value may be written into a file. */
export const sentinelForms = [
  ...[String(sentinel), sentinelText].map((text) => Buffer.from(text)),
  Buffer.from(Float64Array.of(sentinel).buffer),
];

export const label = { model: 'churn', version: '3' };

/** A signature with a sensitive feature and a sensitive tensor. */
export const signature: Signature = {
  inputs: [
    {
      name: 'x',
      datatype: 'FP64',
      shape: [-1, 3],
      features: [{ name: 'age' }, { name: 'ssn', sensitive: true }, { name: 'balance' }],
    },
    { name: 'note', datatype: 'BYTES', shape: [-1], sensitive: true },
    { name: 'city', datatype: 'BYTES', shape: [-1] },
  ],
  outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 2] }],
};

/** A request with `rows` rows. */
export function inference(
  requestId: string | undefined,
  { rows = 1, at = 0, ...rest }: { rows?: number; at?: number } & Partial<CapturedInference> = {},
): CapturedInference {
  const list = <T>(value: (row: number) => T): T[] =>
    Array.from({ length: rows }, (_, row) => value(row));
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  return {
    label,
    requestId,
    at,
    durationMs: 2.5,
    inputs: [
      {
        name: 'x',
        datatype: 'FP64',
        shape: [rows, 3],
        data: Float64Array.from(list((row) => [30 + row, sentinel, row / 2]).flat()),
      },
      { name: 'note', datatype: 'BYTES', shape: [rows], data: list(() => text(sentinelText)) },
      { name: 'city', datatype: 'BYTES', shape: [rows], data: list((row) => text(`Łódź ${row}`)) },
    ],
    outputs: [
      {
        name: 'scores',
        datatype: 'FP32',
        shape: [rows, 2],
        data: Float32Array.from(list(() => [0.25, 0.75]).flat()),
      },
    ],
    ...rest,
  };
}
