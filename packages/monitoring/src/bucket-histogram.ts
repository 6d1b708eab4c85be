import type { Histogram, Registry } from 'prom-client';

/** Counts the observations of one series by bucket. */
export class BucketCounts {
  readonly #bounds: readonly number[];
  /** One more than there are bounds: the last one counts values above all bounds. */
  readonly #counts: number[];
  #sum = 0;

  /** `bounds` are ascending and inclusive. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** Counts a finite value. */
  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? Infinity)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  /** Returns the samples for Prometheus; buckets are cumulative. */
  *samples(name: string, labels: Labels): Generator<Sample, void> {
    let count = 0;
    for (const [bucket, bound] of [...this.#bounds, '+Inf'].entries()) {
      count += this.#counts[bucket] ?? 0;
      yield { metricName: `${name}_bucket`, labels: { le: bound, ...labels }, value: count };
    }
    yield { metricName: `${name}_sum`, labels, value: this.#sum };
    yield { metricName: `${name}_count`, labels, value: count };
  }
}

type Labels = Readonly<Record<string, string | number>>;

interface Sample {
  readonly metricName: string;
  readonly labels: Labels;
  readonly value: number;
}

/** Options of {@link registerBucketHistogram}. */
export interface BucketHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Returns every series; called at each scrape. */
  readonly series: () => Iterable<{ readonly labels: Labels; readonly counts: BucketCounts }>;
}

/**
 * Registers a histogram whose counts are stored outside of prom-client.
 *
 * prom-client's histogram hashes its labels at each observation, even of a child handle, which takes about 450 ns against 10.
 */
export function registerBucketHistogram(
  registry: Registry,
  { name, help, series }: BucketHistogramOptions,
): void {
  const metric = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    // The owner of the counts resets them.
    reset: () => undefined,
    get: () =>
      Promise.resolve({
        name,
        help,
        type: 'histogram',
        aggregator: 'sum',
        values: [...series()].flatMap(({ labels, counts }) => [...counts.samples(name, labels)]),
      }),
  };
  // A registry uses no other member of a metric; its types require prom-client's classes.
  registry.registerMetric(metric as unknown as Histogram);
}
