import { float16ToNumber, type Tensor } from '@fairlead/signature';

/** Bytes that are no UTF-8, in a line of a spool file. */
interface CapturedBytes {
  readonly base64: string;
}

/**
 * A value in a line of a spool file: floats that JSON has no number for are `"NaN"`, `"Infinity"`, `"-Infinity"` and `"-0"`,
 * 64-bit integers are decimal texts.
 */
export type CapturedValue =
  number | string | boolean | null | CapturedBytes | readonly CapturedValue[];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns a function that converts an element of a tensor. */
export function elementReader(tensor: Tensor): (index: number) => CapturedValue {
  switch (tensor.datatype) {
    case 'BOOL': {
      const { data } = tensor;
      return (index) => data[index] !== 0;
    }
    case 'FP16': {
      const { data } = tensor;
      return (index) => floatValue(float16ToNumber(data[index] ?? 0));
    }
    case 'FP32':
    case 'FP64': {
      const { data } = tensor;
      return (index) => floatValue(data[index] ?? NaN);
    }
    case 'INT64':
    case 'UINT64': {
      const { data } = tensor;
      return (index) => String(data[index]);
    }
    case 'BYTES': {
      const { data } = tensor;
      return (index) => bytesValue(data[index] ?? new Uint8Array(0));
    }
    default: {
      const { data } = tensor;
      return (index) => data[index] ?? 0;
    }
  }
}

function floatValue(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

function bytesValue(bytes: Uint8Array): string | CapturedBytes {
  try {
    return utf8.decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}
