import { MAX_BINS } from '../document/bins-document.ts';
import { decodeCounts, decodeSum, encodeCounts } from '../document/counts-document.ts';
import { DocumentChecks, type JsonObject } from '../document/document-checks.ts';
import { packCounts, unpackCounts } from '../document/packed-counts.ts';
import { LATENCY_BUCKETS } from './latency.ts';
import {
  type FeatureCounts,
  type OutcomeSums,
  type Window,
  WINDOW_FORMAT,
  WINDOW_VERSION,
} from './window.ts';

/** Largest stored window, in bytes. */
const MAX_WINDOW_BYTES = 16 * 1024 * 1024;
const MAX_FEATURES = 10_000;
/** Most failure reasons and outcome metrics of a window. */
const MAX_NAMES = 256;

/**
 * Encodes a window as JSON: less than 64 KiB for 100 features. Equal windows are equal texts.
 *
 * @example
 * ```ts
 * import { emptyWindow, encodeWindow, parseWindow } from '@fairlead/windows';
 *
 * const window = { ...emptyWindow({ model: 'churn', version: '3' }, 0, 300_000), requests: 7 };
 * console.log(parseWindow(encodeWindow(window)).requests); // 7
 * ```
 */
export function encodeWindow(window: Window): string {
  return JSON.stringify({
    format: WINDOW_FORMAT,
    version: WINDOW_VERSION,
    window: windowMembers(window),
  });
}

/** Returns the members of a window in a document. */
export function windowMembers(window: Window): JsonObject {
  const { latency, features, outputs, outcomes, failures, from, to, ...rest } = window;
  const encode = ({ name, counts }: FeatureCounts) => ({
    name,
    bins: counts.counts.length,
    ...encodeCounts({ ...counts, counts: [] }),
    counts: packCounts(counts.counts),
  });
  return {
    ...rest,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    failures: sorted(failures),
    latency: { counts: packCounts(latency.counts), sumUs: latency.sumUs },
    features: features.map(encode),
    outputs: outputs.map(encode),
    outcomes: sorted(outcomes),
  };
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  const entries = Object.entries(record);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/**
 * Reads a window that {@link encodeWindow} wrote. Unknown members are ignored.
 *
 * @param name - of the object in messages, such as its key
 * @throws WindowsError `ERR_WINDOWS_WINDOW_INVALID` naming the invalid value
 *
 * @example
 * ```ts
 * import { parseWindow } from '@fairlead/windows';
 *
 * try {
 *   parseWindow('{"format":"fairlead-window","version":9}', 'windows/churn/3/x.json');
 * } catch (error) {
 *   console.log(String(error)); // WindowsError: windows/churn/3/x.json: version must be an integer from 1 to 1, got 9.
 * }
 * ```
 */
export function parseWindow(text: string | Uint8Array, name = 'window'): Window {
  const checks = new DocumentChecks('ERR_WINDOWS_WINDOW_INVALID', name);
  const document = checks.parse(text, MAX_WINDOW_BYTES);
  checks.oneOf(document.format, 'format', [WINDOW_FORMAT]);
  checks.integer(document.version, 'version', { min: 1, max: WINDOW_VERSION });
  return decodeWindow(checks, document.window, 'window');
}

/** Reads the members of a window. */
export function decodeWindow(checks: DocumentChecks, value: unknown, path: string): Window {
  const window = checks.object(value, path);
  const { variant, baseline } = window;
  const count = (member: string): number => checks.integer(window[member], `${path}.${member}`);
  const from = decodeTime(checks, window.from, `${path}.from`);
  const to = decodeTime(checks, window.to, `${path}.to`);
  if (to < from) throw checks.wrong(`${path}.to`, `a time after ${path}.from`, window.to);
  const latency = checks.object(window.latency, `${path}.latency`);
  const sample = checks.object(window.sample, `${path}.sample`);
  const lost = checks.object(window.lost, `${path}.lost`);
  return {
    model: checks.text(window.model, `${path}.model`),
    version: checks.text(window.version, `${path}.version`),
    ...(variant !== undefined && { variant: checks.text(variant, `${path}.variant`) }),
    ...(baseline !== undefined && { baseline: checks.text(baseline, `${path}.baseline`) }),
    from,
    to,
    windows: checks.integer(window.windows, `${path}.windows`, { min: 1 }),
    requests: count('requests'),
    rows: count('rows'),
    failures: decodeRecord(checks, window.failures, `${path}.failures`, (value, path) =>
      checks.integer(value, path),
    ),
    fallbacks: count('fallbacks'),
    cacheHits: count('cacheHits'),
    latency: {
      counts: unpackCounts(checks, latency.counts, `${path}.latency.counts`, LATENCY_BUCKETS),
      sumUs: checks.integer(latency.sumUs, `${path}.latency.sumUs`),
    },
    sample: {
      rows: checks.integer(sample.rows, `${path}.sample.rows`),
      weight: checks.integer(sample.weight, `${path}.sample.weight`),
      squaredWeight: checks.integer(sample.squaredWeight, `${path}.sample.squaredWeight`),
    },
    features: decodeFeatures(checks, window.features, `${path}.features`),
    outputs: decodeFeatures(checks, window.outputs, `${path}.outputs`),
    outcomes: decodeRecord(checks, window.outcomes, `${path}.outcomes`, (value, path) =>
      decodeOutcome(checks, value, path),
    ),
    lost: {
      requests: checks.integer(lost.requests, `${path}.lost.requests`),
      windows: checks.integer(lost.windows, `${path}.lost.windows`),
    },
  };
}

function decodeTime(checks: DocumentChecks, value: unknown, path: string): number {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  if (!Number.isNaN(time) && new Date(time).toISOString() === value) return time;
  throw checks.wrong(path, 'a time such as 2026-11-28T16:45:00.000Z', value);
}

function decodeFeatures(checks: DocumentChecks, value: unknown, path: string): FeatureCounts[] {
  const features = checks.list(value, path, MAX_FEATURES).map((each, index) => {
    const at = `${path}[${index}]`;
    const feature = checks.object(each, at);
    const bins = checks.integer(feature.bins, `${at}.bins`, { max: MAX_BINS });
    const counts = unpackCounts(checks, feature.counts, `${at}.counts`, bins);
    return {
      name: checks.text(feature.name, `${at}.name`),
      counts: decodeCounts(checks, feature, at, counts),
    };
  });
  checks.distinct(
    features.map(({ name }) => name),
    `the names of ${path}`,
  );
  return features;
}

function decodeRecord<T>(
  checks: DocumentChecks,
  value: unknown,
  path: string,
  decode: (value: unknown, path: string) => T,
): Readonly<Record<string, T>> {
  const entries = Object.entries(checks.object(value, path));
  checks.list(entries, path, MAX_NAMES);
  return Object.fromEntries(
    entries.map(([name, each]) => [checks.text(name, path), decode(each, `${path}.${name}`)]),
  );
}

function decodeOutcome(checks: DocumentChecks, value: unknown, path: string): OutcomeSums {
  const outcome = checks.object(value, path);
  return {
    count: checks.integer(outcome.count, `${path}.count`),
    sum: decodeSum(checks, outcome.sum, `${path}.sum`),
    sumOfSquares: decodeSum(checks, outcome.sumOfSquares, `${path}.sumOfSquares`),
  };
}
