/** Part of a selector, such as `model=~"$model"`, and the span of a rate. */
export interface Selection {
  /** @defaultValue '' */
  readonly where?: string;
  /** @defaultValue '5m' */
  readonly range?: string;
}

/**
 * Returns the rate of a counter, per second, summed over the other labels than `by`.
 *
 * Every selector has braces, also an empty one: a test finds the names of metrics by them.
 */
export function rate(counter: string, by: string, { where = '', range = '5m' }: Selection = {}) {
  return `${aggregate('sum', by)} (rate(${counter}{${where}}[${range}]))`;
}

/** Returns the sum of a gauge. */
export function sum(gauge: string, by: string, { where = '' }: Selection = {}): string {
  return `${aggregate('sum', by)} (${gauge}{${where}})`;
}

/** Returns the largest value of a gauge. */
export function max(gauge: string, by: string, { where = '' }: Selection = {}): string {
  return `${aggregate('max', by)} (${gauge}{${where}})`;
}

/** Returns a quantile of a histogram over all its series with the same labels `by`, such as those of a fleet. */
export function quantile(histogram: string, share: number, by: string, selection?: Selection) {
  return `histogram_quantile(${share}, ${rate(`${histogram}_bucket`, `le, ${by}`, selection)})`;
}

/** Returns the mean of a histogram. */
export function mean(histogram: string, by: string, selection?: Selection): string {
  return `${rate(`${histogram}_sum`, by, selection)} / ${rate(`${histogram}_count`, by, selection)}`;
}

/** Returns the requests of each model that loaded versions answered or refused, per second. */
export function requests(selection?: Selection): string {
  const success = rate('nv_inference_request_success', 'model', selection);
  return `(${success} + ${rate('nv_inference_request_failure', 'model', selection)})`;
}

/** Returns the share of the requests of each model that failed for a reason. */
export function failureShare(reason: string): string {
  const failures = rate('nv_inference_request_failure', 'model', { where: `reason="${reason}"` });
  return `${failures} / ${requests()}`;
}

function aggregate(operation: string, by: string): string {
  return by === '' ? operation : `${operation} by (${by})`;
}
