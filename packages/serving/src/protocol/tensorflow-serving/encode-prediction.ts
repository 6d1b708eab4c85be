import type { Tensor } from '@fairlead/signature';
import { encodeColumns, encodeNested, encodeRecords } from '../nested-tensor.ts';
import { valueTexts } from './binary-values.ts';

/** JSON text of the outputs, row by row as `predictions` or whole as `outputs`. */
export function encodePrediction(outputs: readonly Tensor[], inRows: boolean): string {
  const [single] = outputs;
  const key = inRows ? 'predictions' : 'outputs';
  if (outputs.length === 1 && single !== undefined)
    return `{"${key}":${encodeNested(single, valueTexts)}}`;
  const encode = inRows ? encodeRecords : encodeColumns;
  return `{"${key}":${encode(outputs, valueTexts)}}`;
}
