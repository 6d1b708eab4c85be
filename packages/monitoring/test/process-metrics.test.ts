import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { ProcessMetrics } from '../src/index.ts';
import { parsePrometheusPage } from './prometheus-samples.ts';

/** Metrics of one process. */
function process() {
  const registry = new Registry();
  const registers = [registry];
  return {
    snapshot: () => registry.getMetricsAsJSON(),
    requests: new Counter({ name: 'requests', help: 'R.', labelNames: ['model'], registers }),
    seconds: new Histogram({ name: 'seconds', help: 'S.', buckets: [0.1, 1], registers }),
    pending: new Gauge({ name: 'pending', help: 'P.', registers }),
    stale: new Gauge({ name: 'stale', help: 'T.', registers, aggregator: 'max' }),
  };
}

async function samples(metrics: ProcessMetrics) {
  return parsePrometheusPage(await metrics.page());
}

describe('ProcessMetrics', () => {
  test('has the metrics of the merging process too', async () => {
    const metrics = new ProcessMetrics();
    const registers = [metrics.registry];
    new Counter({ name: 'sent', help: 'S.', registers }).inc(3);
    const first = process();
    first.requests.inc({ model: 'a' }, 4);
    metrics.update(1, await first.snapshot());
    const page = await samples(metrics);
    expect(page.get('sent')).toBe(3);
    expect(page.get('requests{model="a"}')).toBe(4);
  });

  test('adds up counters, histograms by bucket, and gauges, or takes the largest where the gauge says so', async () => {
    const [first, second] = [process(), process()];
    first.requests.inc({ model: 'a' }, 3);
    first.requests.inc({ model: 'b' }, 5);
    second.requests.inc({ model: 'a' }, 4);
    for (const value of [0.05, 0.5, 5]) first.seconds.observe(value);
    second.seconds.observe(0.07);
    first.pending.set(2);
    second.pending.set(9);
    first.stale.set(2);
    second.stale.set(9);
    const metrics = new ProcessMetrics();
    metrics.update(1, await first.snapshot());
    metrics.update(2, await second.snapshot());
    const page = await samples(metrics);
    expect(page.get('requests{model="a"}')).toBe(7);
    expect(page.get('requests{model="b"}')).toBe(5);
    expect(page.get('seconds_bucket{le="0.1"}')).toBe(2);
    expect(page.get('seconds_bucket{le="1"}')).toBe(3);
    expect(page.get('seconds_bucket{le="+Inf"}')).toBe(4);
    expect(page.get('seconds_count')).toBe(4);
    expect(page.get('seconds_sum')).toBeCloseTo(5.62, 9);
    expect(page.get('pending')).toBe(11);
    expect(page.get('stale')).toBe(9);
  });

  test('keeps what ended processes have counted, and drops what they measured', async () => {
    const metrics = new ProcessMetrics();
    for (const count of [10, 20, 30]) {
      const each = process();
      each.requests.inc({ model: 'a' }, count);
      each.seconds.observe(0.5);
      each.pending.set(7);
      metrics.update(1, await each.snapshot());
      metrics.end(1);
    }
    const running = process();
    running.requests.inc({ model: 'a' }, 1);
    metrics.update(1, await running.snapshot());
    const page = await samples(metrics);
    expect(page.get('requests{model="a"}')).toBe(61);
    expect(page.get('seconds_count')).toBe(3);
    expect(page.get('pending')).toBe(0);
  });

  test('counts a process once that ends without a snapshot, or twice', async () => {
    const metrics = new ProcessMetrics();
    metrics.end(4);
    const each = process();
    each.requests.inc({ model: 'a' }, 2);
    metrics.update(4, await each.snapshot());
    metrics.end(4);
    metrics.end(4);
    expect((await samples(metrics)).get('requests{model="a"}')).toBe(2);
  });

  test('keeps the counts of a version until no process serves it', async () => {
    const counter = () => {
      const registry = new Registry();
      const labelNames = ['model', 'version'];
      const requests = new Counter({
        name: 'requests',
        help: 'R.',
        labelNames,
        registers: [registry],
      });
      return { requests, snapshot: () => registry.getMetricsAsJSON() };
    };
    const [first, second] = [counter(), counter()];
    const metrics = new ProcessMetrics();
    const read = async () => {
      metrics.update(1, await first.snapshot());
      metrics.update(2, await second.snapshot());
      const page = await samples(metrics);
      return [1, 2].map((version) => page.get(`requests{model="a",version="${version}"}`));
    };
    for (const { requests } of [first, second]) requests.inc({ model: 'a', version: '1' }, 10);
    expect(await read()).toEqual([20, undefined]);
    first.requests.remove({ model: 'a', version: '1' });
    first.requests.inc({ model: 'a', version: '2' }, 3);
    second.requests.inc({ model: 'a', version: '1' }, 1);
    expect(await read()).toEqual([21, 3]);
    second.requests.remove({ model: 'a', version: '1' });
    expect(await read()).toEqual([undefined, 3]);
    // A version that is loaded again begins at 0.
    second.requests.inc({ model: 'a', version: '1' }, 2);
    expect(await read()).toEqual([2, 3]);
  });

  test('is an empty page without processes, and rejects what is no snapshot', async () => {
    const metrics = new ProcessMetrics();
    expect((await metrics.page()).trim()).toBe('');
    expect(() => {
      metrics.update(1, undefined as never);
    }).toThrow(expect.objectContaining({ code: 'ERR_MONITORING_INVALID_OPTION' }));
  });
});
