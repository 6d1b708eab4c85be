import { refusal } from '../../errors/serving-error.ts';
import { jsonBudget } from '../json-budget.ts';

const COMMA = 0x2c;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Rejects CSV of more cells or lines than JSON may have values or lists, without reading a cell.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE` naming the limit.
 */
export function checkCsvBudget(csv: Uint8Array): void {
  let commas = 0;
  let lines = 0;
  const end = csv.length;
  for (let index = 0; index < end; index++) {
    const byte = csv[index] ?? 0;
    if (byte > COMMA) continue;
    if (byte === COMMA) commas += 1;
    else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) lines += 1;
  }
  if (lines > jsonBudget.lists) throw tooMany(jsonBudget.lists, 'lines');
  if (commas + lines > jsonBudget.values) throw tooMany(jsonBudget.values, 'cells');
}

function tooMany(limit: number, what: string): Error {
  return refusal(
    'ERR_SERVING_BODY_TOO_LARGE',
    `the CSV has more than ${limit} ${what}, the limit; send fewer rows at once`,
  );
}
