import { describeValue } from '@fairlead/signature';
import { CaptureError } from '../capture-error.ts';

/** The true value for a row of a request, which is often known later. */
export interface Label {
  readonly requestId: string;
  /**
   * Row of the request, from 0; needed where a request has several.
   * @defaultValue 0
   */
  readonly row?: number | undefined;
  readonly label: string | number | boolean;
  /**
   * Time at which it was known, in milliseconds since the epoch, at most a day from now.
   * @defaultValue the time at which the label is added
   */
  readonly observedAt?: number | undefined;
}

/**
 * How far ahead of now a label may have been observed, in milliseconds: the clocks of two machines differ by less.
 *
 * @example
 * import { MAX_LABEL_AHEAD_MS } from '@fairlead/capture';
 *
 * const latest = new Date(Date.parse('2026-11-29T12:00:00Z') + MAX_LABEL_AHEAD_MS);
 * console.log(latest.toISOString()); // 2026-11-30T12:00:00.000Z
 */
export const MAX_LABEL_AHEAD_MS = 86_400_000;

/** A label as a line of a stored object; DuckDB reads them with `read_json`. */
export interface StoredLabel {
  readonly request_id: string;
  readonly row: number;
  /** Set where the label was added without a row: it counts only if its request has one row. */
  readonly default_row?: true;
  readonly label: string | number | boolean;
  /** Milliseconds since the epoch. */
  readonly observed_at: number;
  /** Milliseconds since the epoch. */
  readonly received_at: number;
}

const MAX_TEXT = 1024;
const MAX_ROW = 2 ** 31 - 1;
const MIN_TIME = -8.64e15;

/** A text with half of a surrogate pair would be stored, but DuckDB can't read it. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT && value.isWellFormed();
}

/**
 * Rejects a label without a row if another one is of the same request.
 *
 * @throws CaptureError `ERR_CAPTURE_LABEL_INVALID` naming the label and the fix
 */
export function checkRows(labels: readonly Label[]): void {
  const firsts = new Map<unknown, number>();
  const withoutRow = new Map<unknown, number>();
  for (const [index, { requestId, row }] of labels.entries()) {
    if (row === undefined) withoutRow.set(requestId, index);
    const first = firsts.get(requestId);
    const wrong = withoutRow.get(requestId);
    if (first === undefined) firsts.set(requestId, index);
    else if (wrong !== undefined) {
      throw new CaptureError(
        'ERR_CAPTURE_LABEL_INVALID',
        `labels[${wrong}].row: expected the row of the request, from 0, since labels[${wrong === index ? first : index}] is of the same request, found nothing; it is 0 for a request of one row`,
      );
    }
  }
}

/** @throws CaptureError `ERR_CAPTURE_LABEL_INVALID` naming the label, the value and what was expected */
export function storedLabel(value: Label, index: number, receivedAt: number): StoredLabel {
  const { requestId, row = 0, label, observedAt = receivedAt } = value;
  const fail = (name: string, expected: string, found: unknown): never => {
    throw new CaptureError(
      'ERR_CAPTURE_LABEL_INVALID',
      `labels[${index}].${name}: expected ${expected}, found ${describeValue(found)}`,
    );
  };
  if (!isText(requestId) || requestId === '') {
    fail('requestId', `a text of up to ${MAX_TEXT} characters`, requestId);
  }
  if (!Number.isSafeInteger(row) || row < 0 || row > MAX_ROW) {
    fail('row', `a whole number from 0 to ${MAX_ROW}`, row);
  }
  if (!isText(label) && typeof label !== 'boolean' && !Number.isFinite(label)) {
    fail('label', `a number, true or false, or a text of up to ${MAX_TEXT} characters`, label);
  }
  if (!Number.isSafeInteger(observedAt) || observedAt < MIN_TIME) {
    fail('observedAt', 'a time in whole milliseconds since the epoch', observedAt);
  }
  // The last observation counts: one of a distant day could never be corrected.
  if (observedAt > receivedAt + MAX_LABEL_AHEAD_MS) {
    fail('observedAt', 'a time of at most a day from now', observedAt);
  }
  return {
    ...{ request_id: requestId, row, label },
    ...(value.row === undefined && { default_row: true }),
    ...{ observed_at: observedAt, received_at: receivedAt },
  };
}
