import type { Tensor } from '@fairlead/signature';
import { encodeColumns, encodeNested, encodeRecords } from '../nested-tensor.ts';
import { encodeCsv } from './encode-csv.ts';

/** Layout of predictions. */
export type ScoresForm = 'rows' | 'columns' | 'csv';

/** Text of predictions; `rows` is needed for CSV. */
export function encodeScores(outputs: readonly Tensor[], form: ScoresForm, rows = 1): string {
  if (form === 'csv') return encodeCsv(outputs, rows);
  return `{"predictions":${encodePredictions(outputs, form === 'rows')}}`;
}

function encodePredictions(outputs: readonly Tensor[], inRows: boolean): string {
  const [single, ...more] = outputs;
  if (single !== undefined && more.length === 0) return encodeNested(single);
  return inRows ? encodeRecords(outputs) : encodeColumns(outputs);
}
