import { StandardUnit } from '@aws-sdk/client-cloudwatch';

/** A datum that has passed the rules. */
export interface AcceptedDatum {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly unit: string;
  readonly timestampMs: number;
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

/** Rules that CloudWatch enforces. */
export class RuleViolation extends Error {}

const datumKeys = new Set([
  'MetricName',
  'Dimensions',
  'Timestamp',
  'Values',
  'Counts',
  'Unit',
  'StorageResolution',
]);
const units = new Set<unknown>(Object.values(StandardUnit));
const twoWeeksMs = 14 * 86_400_000;
const twoHoursMs = 2 * 3_600_000;

/**
 * Reads the JSON of a PutMetricData request by the rules of its API reference, written here a second time on purpose:
 * the library's own constants must not excuse the library.
 */
export function readPutMetricData(
  body: string,
  nowMs: number,
): { readonly namespace: string; readonly datums: AcceptedDatum[] } {
  const input = record(JSON.parse(body), 'the request');
  const unknown = Object.keys(input).filter((key) => !['Namespace', 'MetricData'].includes(key));
  demand(unknown.length === 0, `unknown members ${unknown.join(', ')}`);
  const namespace = asciiText(input.Namespace, 255, 'Namespace');
  demand(/^[^:]/.test(namespace) && !namespace.startsWith('AWS/'), 'a reserved Namespace');
  const data = list(input.MetricData, 'MetricData');
  demand(data.length >= 1 && data.length <= 1000, `MetricData has ${data.length} members`);
  return { namespace, datums: data.map((datum) => readDatum(datum, nowMs)) };
}

function readDatum(value: unknown, nowMs: number): AcceptedDatum {
  const datum = record(value, 'a datum');
  for (const key of Object.keys(datum)) demand(datumKeys.has(key), `unknown member ${key}`);
  const name = asciiText(datum.MetricName, 255, 'MetricName');
  const unit = datum.Unit ?? 'None';
  demand(typeof unit === 'string' && units.has(unit), 'an unknown unit');
  const timestampMs = number(datum.Timestamp, 'Timestamp') * 1000;
  demand(timestampMs >= nowMs - twoWeeksMs, 'a Timestamp older than two weeks');
  demand(timestampMs <= nowMs + twoHoursMs, 'a Timestamp more than two hours ahead');
  const values = list(datum.Values, 'Values').map((one) => number(one, 'Values'));
  const counts = list(datum.Counts, 'Counts').map((one) => number(one, 'Counts'));
  demand(values.length >= 1 && values.length <= 150, `Values has ${values.length} members`);
  demand(new Set(values).size === values.length, 'a value that is listed twice');
  demand(counts.length === values.length, 'Values and Counts of different lengths');
  for (const one of values) {
    demand(Math.abs(one) <= 2 ** 360, `the value ${one} is too large`);
    demand(one === 0 || Math.abs(one) >= 2 ** -360, `the value ${one} is too small`);
  }
  for (const one of counts) demand(one > 0, `the count ${one}`);
  return {
    name,
    unit,
    timestampMs,
    values,
    counts,
    dimensions: readDimensions(datum.Dimensions ?? []),
  };
}

function readDimensions(value: unknown): Record<string, string> {
  const dimensions = list(value, 'Dimensions').map((one) => record(one, 'a dimension'));
  demand(dimensions.length <= 30, `${dimensions.length} dimensions`);
  const read: Record<string, string> = {};
  for (const { Name, Value } of dimensions) {
    const name = asciiText(Name, 255, 'dimension name');
    demand(!name.startsWith(':'), 'a dimension name that starts with a colon');
    demand(!Object.hasOwn(read, name), `dimension ${name} twice`);
    read[name] = asciiText(Value, 1024, 'dimension value');
  }
  return read;
}

function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new RuleViolation(otherwise);
}

function record(value: unknown, what: string): Record<string, unknown> {
  demand(
    typeof value === 'object' && value !== null && !Array.isArray(value),
    `${what} is no object`,
  );
  return value as Record<string, unknown>;
}

function list(value: unknown, what: string): unknown[] {
  demand(Array.isArray(value), `${what} is no list`);
  return value;
}

function number(value: unknown, what: string): number {
  // The SDK writes NaN and the infinities as strings.
  demand(typeof value === 'number' && Number.isFinite(value), `${what} holds ${String(value)}`);
  return value;
}

function asciiText(value: unknown, maxLength: number, what: string): string {
  demand(typeof value === 'string', `${what} is no text`);
  demand(value.trim() !== '' && value.length <= maxLength, `${what} of length ${value.length}`);
  demand(/^[\x20-\x7e]+$/.test(value), `${what} with other than printable ASCII`);
  return value;
}
