import { float16ToNumber, numberToFloat16, type Datatype } from '@fairlead/signature';

/** Rounds a number as a tensor of the datatype does: `FP32` and `FP16` hold the nearest number of 32 or 16 bits. */
export function roundToDatatype(value: number, datatype: Datatype): number {
  if (datatype === 'FP32') return Math.fround(value);
  return datatype === 'FP16' ? float16ToNumber(numberToFloat16(value)) : value;
}
