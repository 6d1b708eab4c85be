import type { MetricsSnapshot } from '@fairlead/monitoring';

const SAMPLE_MS = 10_000;
/** Samples that are stored: five minutes, with both ends. */
const MAX_SAMPLES = 31;

const SUCCESSES = 'nv_inference_request_success';
const FAILURES = 'nv_inference_request_failure';
const DURATIONS = 'fairlead_request_duration_seconds';

/** Returns the values of metrics by the names of the metrics; nothing for a metric that doesn't exist. */
export type ReadMetrics = (
  names: readonly string[],
) => Promise<Pick<MetricsSnapshot[number], 'name' | 'values'>[]>;

/** Totals of one version since the process started. */
interface Totals {
  readonly model: string;
  readonly version: string;
  requests: number;
  failures: number;
  /** Requests by upper bound of their duration in seconds, cumulative. */
  readonly durations: Map<number, number>;
}

interface Sample {
  readonly at: number;
  readonly totals: ReadonlyMap<string, Totals>;
}

/** Requests of one version in the last five minutes, or since the process started. */
export interface Traffic {
  readonly model: string;
  readonly version: string;
  readonly requests: number;
  readonly failures: number;
  /** Upper bounds of the median and of 99 % of the durations of successful requests, in milliseconds; absent without any. */
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  /** Requests a second in each interval of ten seconds, the last one first; the first value is of the current interval. */
  readonly rates: readonly number[];
}

/** Reads the metrics every ten seconds, so that their growth in the last five minutes is known; requests cost nothing. */
export class TrafficSampler {
  readonly #readMetrics: ReadMetrics;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  /** The newest first. */
  #samples: readonly Sample[] = [];

  constructor(
    readMetrics: ReadMetrics,
    onError: (error: unknown) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#readMetrics = readMetrics;
    this.#now = now;
    const sample = (): void => {
      this.sample().catch(onError);
    };
    sample();
    this.#timer = setInterval(sample, SAMPLE_MS).unref();
  }

  /** Stores a sample. */
  async sample(): Promise<void> {
    const sample = await this.#read();
    this.#samples = [sample, ...this.#samples].slice(0, MAX_SAMPLES);
  }

  /** Returns the traffic of every version that has metrics. */
  async read(): Promise<{ readonly seconds: number; readonly versions: readonly Traffic[] }> {
    const current = await this.#read();
    const samples = [current, ...this.#samples];
    const oldest = samples.at(-1) ?? current;
    const versions = [...current.totals].map(([key, totals]) => ({
      ...traffic(totals, oldest.totals.get(key)),
      rates: rates(key, samples),
    }));
    return { seconds: Math.max(0, (current.at - oldest.at) / 1000), versions };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<Sample> {
    const totals = new Map<string, Totals>();
    const of = (labels: Labels): Totals => {
      const { model = '', version = '' } = labels as Record<string, string>;
      const key = `${model}\n${version}`;
      const found = totals.get(key);
      if (found !== undefined) return found;
      const added = { model, version, requests: 0, failures: 0, durations: new Map() };
      totals.set(key, added);
      return added;
    };
    const metrics = await this.#readMetrics([SUCCESSES, FAILURES, DURATIONS]);
    const valuesOf = (wanted: string) => metrics.find(({ name }) => name === wanted)?.values ?? [];
    for (const { labels, value } of valuesOf(SUCCESSES)) of(labels).requests += value;
    for (const { labels, value } of valuesOf(FAILURES)) {
      const version = of(labels);
      version.requests += value;
      version.failures += value;
    }
    for (const { labels, value } of valuesOf(DURATIONS)) {
      const { le } = labels as { readonly le?: number | string };
      if (le !== undefined) of(labels).durations.set(le === '+Inf' ? Infinity : Number(le), value);
    }
    return { at: this.#now(), totals };
  }
}

type Labels = Readonly<Partial<Record<string, string | number>>>;

/** Growth of the totals; a version that was loaded again began at 0. */
function traffic(current: Totals, before: Totals | undefined): Omit<Traffic, 'rates'> {
  const { model, version, requests, failures, durations } = current;
  const since = before !== undefined && before.requests <= requests ? before : undefined;
  const grown = [...durations].map(
    ([bound, count]) => [bound, count - (since?.durations.get(bound) ?? 0)] as const,
  );
  return {
    ...{ model, version },
    requests: requests - (since?.requests ?? 0),
    failures: failures - (since?.failures ?? 0),
    p50Ms: quantileMs(grown, 0.5),
    p99Ms: quantileMs(grown, 0.99),
  };
}

/** Smallest bound with at least a share of the counts; the largest finite one for values above all. */
function quantileMs(
  cumulative: readonly (readonly [bound: number, count: number])[],
  share: number,
): number | undefined {
  const total = Math.max(0, ...cumulative.map(([, count]) => count));
  if (total === 0) return undefined;
  const bounds = [...cumulative].sort(([a], [b]) => a - b);
  const found = bounds.find(([bound, count]) => count >= share * total && bound < Infinity);
  const largest = bounds.findLast(([bound]) => bound < Infinity);
  return (found ?? largest ?? [0])[0] * 1000;
}

function rates(key: string, samples: readonly Sample[]): readonly number[] {
  return samples.slice(1).map((before, index) => {
    const after = samples[index] ?? before;
    const seconds = (after.at - before.at) / 1000;
    const requests = after.totals.get(key)?.requests ?? 0;
    const earlier = before.totals.get(key)?.requests ?? 0;
    const grown = requests - (earlier <= requests ? earlier : 0);
    return seconds > 0 ? grown / seconds : 0;
  });
}
