import fc from 'fast-check';
import { Counter, Registry } from 'prom-client';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { InferenceMetrics } from '../src/index.ts';
import type { FailureReason, InferenceFinishedEvent, InferenceObserver } from '../src/index.ts';
import { prometheusSamples } from './prometheus-samples.ts';

/** The shape that the serving package declares, written out: libraries do not import each other. */
interface ServingObserver {
  inferenceStarted(event: { readonly model: string; readonly version: string }): void;
  inferenceFinished(event: {
    readonly model: string;
    readonly version: string;
    readonly outcome: 'success' | 'failure' | 'fallback';
    readonly reason?: 'REJECTED' | 'CANCELED' | 'BACKEND' | 'OTHER';
    readonly rows: number;
    readonly requestDurationMs: number;
    readonly queueDurationMs: number;
    readonly computeDurationMs: number;
    readonly cache?: 'hit' | 'miss';
  }): void;
  executed(event: {
    readonly model: string;
    readonly version: string;
    readonly batchSize: number;
    readonly computeDurationMs: number;
  }): void;
  fallbackUsed?(event: {
    readonly reason: 'failed' | 'circuit-open' | 'not-ready';
    readonly model: string;
    readonly version?: string;
    readonly fallbackModel: string;
    readonly fallbackVersion: string;
  }): void;
}

const digits = { model: 'digits', version: '3' };
const labels = '{model="digits",version="3"}';

function success(overrides: Partial<InferenceFinishedEvent> = {}): InferenceFinishedEvent {
  return {
    ...digits,
    outcome: 'success',
    rows: 4,
    requestDurationMs: 12.5,
    queueDurationMs: 2.25,
    computeDurationMs: 8,
    ...overrides,
  };
}

function failure(reason?: FailureReason): InferenceFinishedEvent {
  return success({ outcome: 'failure', ...(reason !== undefined && { reason }) });
}

describe('InferenceMetrics', () => {
  test('is an observer of a model server', () => {
    expectTypeOf<InferenceMetrics>().toExtend<InferenceObserver>();
    expectTypeOf<InferenceMetrics>().toExtend<ServingObserver>();
    expectTypeOf<InferenceObserver>().toExtend<ServingObserver>();
    expectTypeOf<InferenceMetrics['registry']>().toEqualTypeOf<Registry>();
  });

  test('counts a request from start to success', async () => {
    const metrics = new InferenceMetrics();
    metrics.inferenceStarted(digits);
    let samples = await prometheusSamples(metrics.registry);
    expect(samples.get(`nv_inference_pending_request_count${labels}`)).toBe(1);

    metrics.executed({ ...digits, batchSize: 4, computeDurationMs: 8 });
    metrics.inferenceFinished(success());
    samples = await prometheusSamples(metrics.registry);
    expect(Object.fromEntries([...samples].filter(([name]) => name.startsWith('nv_')))).toEqual({
      [`nv_inference_request_success${labels}`]: 1,
      [`nv_inference_count${labels}`]: 4,
      [`nv_inference_exec_count${labels}`]: 1,
      [`nv_cache_num_hits_per_model${labels}`]: 0,
      [`nv_cache_num_misses_per_model${labels}`]: 0,
      [`nv_inference_pending_request_count${labels}`]: 0,
      [`nv_inference_request_duration_us${labels}`]: 12_500,
      [`nv_inference_queue_duration_us${labels}`]: 2250,
      [`nv_inference_compute_infer_duration_us${labels}`]: 8000,
      'nv_inference_request_failure{model="digits",version="3",reason="REJECTED"}': 0,
      'nv_inference_request_failure{model="digits",version="3",reason="CANCELED"}': 0,
      'nv_inference_request_failure{model="digits",version="3",reason="BACKEND"}': 0,
      'nv_inference_request_failure{model="digits",version="3",reason="OTHER"}': 0,
    });
  });

  test('counts hits and misses, and does not count rows from a cache as inferred', async () => {
    const metrics = new InferenceMetrics();
    const ended = [
      success({ cache: 'miss' }),
      success({ cache: 'hit' }),
      success({ cache: 'hit' }),
      success({ cache: 'miss', outcome: 'failure', reason: 'BACKEND' }),
      success({}),
    ];
    for (const event of ended) {
      metrics.inferenceStarted(digits);
      metrics.inferenceFinished(event);
    }
    const samples = await prometheusSamples(metrics.registry);
    expect(samples.get(`nv_cache_num_hits_per_model${labels}`)).toBe(2);
    expect(samples.get(`nv_cache_num_misses_per_model${labels}`)).toBe(2);
    expect(samples.get(`nv_inference_request_success${labels}`)).toBe(4);
    expect(samples.get(`nv_inference_count${labels}`)).toBe(8);
  });

  test('counts a request forwarded to a fallback neither as a success nor as a failure', async () => {
    const metrics = new InferenceMetrics();
    metrics.inferenceStarted(digits);
    metrics.inferenceFinished(success({ outcome: 'fallback', cache: 'miss' }));
    metrics.fallbackUsed({ model: 'digits', reason: 'failed', fallbackModel: 'flask' });
    metrics.fallbackUsed({ model: 'digits', reason: 'failed', fallbackModel: 'flask' });
    metrics.fallbackUsed({ model: 'digits', reason: 'not-ready', fallbackModel: 'flask' });
    const samples = await prometheusSamples(metrics.registry);
    const forwarded = [...samples].filter(([name]) => name.startsWith('fairlead_fallback'));
    expect(Object.fromEntries(forwarded)).toEqual({
      'fairlead_fallback_requests_total{model="digits",fallback_model="flask",reason="failed"}': 2,
      'fairlead_fallback_requests_total{model="digits",fallback_model="flask",reason="not-ready"}': 1,
    });
    expect(samples.get(`nv_inference_request_success${labels}`)).toBe(0);
    expect(samples.get(`nv_inference_pending_request_count${labels}`)).toBe(0);
    expect(samples.get(`nv_cache_num_misses_per_model${labels}`)).toBe(1);
    const failures = [...samples].filter(([name]) => name.includes('failure'));
    expect(failures.map(([, count]) => count)).toEqual([0, 0, 0, 0]);
  });

  test('puts durations into buckets in seconds and batches into buckets of rows', async () => {
    const metrics = new InferenceMetrics();
    metrics.inferenceStarted(digits);
    metrics.inferenceFinished(success());
    metrics.executed({ ...digits, batchSize: 5, computeDurationMs: 8 });
    const samples = await prometheusSamples(metrics.registry);
    const bucket = (name: string, le: string) =>
      samples.get(`${name}_bucket{le="${le}",model="digits",version="3"}`);
    expect(bucket('fairlead_request_duration_seconds', '0.01')).toBe(0);
    expect(bucket('fairlead_request_duration_seconds', '0.025')).toBe(1);
    expect(samples.get(`fairlead_request_duration_seconds_sum${labels}`)).toBe(0.0125);
    expect(bucket('fairlead_queue_duration_seconds', '0.001')).toBe(0);
    expect(bucket('fairlead_queue_duration_seconds', '0.0025')).toBe(1);
    expect(bucket('fairlead_batch_size', '4')).toBe(0);
    expect(bucket('fairlead_batch_size', '8')).toBe(1);
    expect(samples.get(`fairlead_batch_size_count${labels}`)).toBe(1);
  });

  test.each(['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const)(
    'counts a first failure under its own reason: %s',
    async (reason) => {
      const metrics = new InferenceMetrics();
      metrics.inferenceStarted(digits);
      metrics.inferenceFinished(failure(reason));
      const samples = await prometheusSamples(metrics.registry);
      for (const other of ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER']) {
        expect(
          samples.get(`nv_inference_request_failure{model="digits",version="3",reason="${other}"}`),
        ).toBe(other === reason ? 1 : 0);
      }
      expect(samples.get(`nv_inference_request_success${labels}`)).toBe(0);
      expect(samples.get(`nv_inference_count${labels}`)).toBe(0);
      expect(samples.get(`nv_inference_request_duration_us${labels}`)).toBe(0);
      expect(samples.get(`fairlead_request_duration_seconds_count${labels}`)).toBe(0);
    },
  );

  test('counts a failure without a reason as OTHER', async () => {
    const metrics = new InferenceMetrics();
    metrics.inferenceStarted(digits);
    metrics.inferenceFinished(failure());
    const samples = await prometheusSamples(metrics.registry);
    expect(
      samples.get('nv_inference_request_failure{model="digits",version="3",reason="OTHER"}'),
    ).toBe(1);
  });

  test('shows a tracked version at 0 before its first request, histograms included', async () => {
    const metrics = new InferenceMetrics();
    metrics.track('digits', '3');
    const samples = await prometheusSamples(metrics.registry);
    expect(samples.get(`nv_inference_request_success${labels}`)).toBe(0);
    expect(samples.get(`fairlead_request_duration_seconds_count${labels}`)).toBe(0);
    expect(samples.get(`fairlead_batch_size_count${labels}`)).toBe(0);
    expect([...samples.values()].every((value) => value === 0)).toBe(true);
  });

  test('has no series of unknown versions', async () => {
    const samples = await prometheusSamples(new InferenceMetrics().registry);
    expect(samples.size).toBe(0);
  });

  test('counts versions of one model and models of one version separately', async () => {
    const metrics = new InferenceMetrics();
    for (const [model, version] of [
      ['a', '1'],
      ['a', '2'],
      ['b', '1'],
    ] as const) {
      metrics.inferenceStarted({ model, version });
      metrics.inferenceFinished(success({ model, version, rows: Number(version) }));
    }
    const samples = await prometheusSamples(metrics.registry);
    expect(samples.get('nv_inference_count{model="a",version="1"}')).toBe(1);
    expect(samples.get('nv_inference_count{model="a",version="2"}')).toBe(2);
    expect(samples.get('nv_inference_count{model="b",version="1"}')).toBe(1);
  });

  test('removes every series of a forgotten version and no other', async () => {
    const metrics = new InferenceMetrics();
    metrics.track('digits', '2');
    metrics.track('digits', '3');
    metrics.forget('digits', '3');
    metrics.forget('digits', 'never seen');
    const names = [...(await prometheusSamples(metrics.registry)).keys()];
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name.includes('version="3"'))).toEqual([]);
    expect(names.every((name) => name.includes('version="2"'))).toBe(true);
  });

  test('keeps a forgotten version until its last pending request is finished', async () => {
    const metrics = new InferenceMetrics();
    metrics.inferenceStarted(digits);
    metrics.inferenceStarted(digits);
    metrics.forget('digits', '3');
    metrics.inferenceFinished(success());
    let samples = await prometheusSamples(metrics.registry);
    expect(samples.get(`nv_inference_pending_request_count${labels}`)).toBe(1);
    metrics.inferenceFinished(success());
    samples = await prometheusSamples(metrics.registry);
    expect(samples.size).toBe(0);
  });

  test('does not restore a forgotten version for a late execution', async () => {
    const metrics = new InferenceMetrics();
    metrics.track('digits', '3');
    metrics.forget('digits', '3');
    metrics.executed({ ...digits, batchSize: 1, computeDurationMs: 1 });
    expect((await prometheusSamples(metrics.registry)).size).toBe(0);
  });

  test('keeps a version that serves again before it was removed', async () => {
    const metrics = new InferenceMetrics();
    metrics.inferenceStarted(digits);
    metrics.forget('digits', '3');
    metrics.track('digits', '3');
    metrics.inferenceFinished(success());
    const samples = await prometheusSamples(metrics.registry);
    expect(samples.get(`nv_inference_request_success${labels}`)).toBe(1);
  });

  test('never has series of more idle versions than maxVersions, dropping the one idle longest', async () => {
    const metrics = new InferenceMetrics({ maxVersions: 2 });
    metrics.track('digits', '1');
    metrics.track('digits', '2');
    metrics.track('digits', '1');
    metrics.track('digits', '3');
    const samples = await prometheusSamples(metrics.registry);
    const versions = [...samples.keys()].filter((name) => name.startsWith('nv_inference_count{'));
    expect(versions).toEqual([
      'nv_inference_count{model="digits",version="1"}',
      'nv_inference_count{model="digits",version="3"}',
    ]);
  });

  test('does not replace a version with pending requests', async () => {
    const metrics = new InferenceMetrics({ maxVersions: 1 });
    metrics.inferenceStarted(digits);
    metrics.track('digits', '4');
    metrics.inferenceFinished(success());
    const samples = await prometheusSamples(metrics.registry);
    expect(samples.get(`nv_inference_request_success${labels}`)).toBe(1);
  });

  test('counts impossible readings as 0 rather than throwing during a request', async () => {
    const metrics = new InferenceMetrics();
    metrics.inferenceStarted(digits);
    metrics.inferenceFinished(
      success({ rows: Number.NaN, requestDurationMs: -1, queueDurationMs: Infinity }),
    );
    metrics.executed({ ...digits, batchSize: Number.NaN, computeDurationMs: 1 });
    const samples = await prometheusSamples(metrics.registry);
    expect(samples.get(`nv_inference_request_success${labels}`)).toBe(1);
    expect(samples.get(`nv_inference_count${labels}`)).toBe(0);
    expect(samples.get(`nv_inference_request_duration_us${labels}`)).toBe(0);
    expect(samples.get(`fairlead_queue_duration_seconds_sum${labels}`)).toBe(0);
  });

  test('escapes names with quotes, backslashes and newlines', async () => {
    const metrics = new InferenceMetrics();
    metrics.track('a"b\\c\nd', '1');
    const samples = await prometheusSamples(metrics.registry);
    expect(samples.get('nv_inference_count{model="a\\"b\\\\c\\nd",version="1"}')).toBe(0);
  });

  test('adds up for any order of events', async () => {
    const event = fc.record({
      version: fc.constantFrom('1', '2', '3'),
      kind: fc.constantFrom('success', 'REJECTED', 'CANCELED', 'BACKEND', 'OTHER', 'pending'),
      rows: fc.integer({ min: 1, max: 64 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
        const metrics = new InferenceMetrics();
        for (const { version, kind, rows } of events) {
          const about = { model: 'm', version };
          metrics.inferenceStarted(about);
          if (kind === 'success') metrics.inferenceFinished(success({ ...about, rows }));
          else if (kind !== 'pending') {
            metrics.inferenceFinished(
              success({ ...about, rows, outcome: 'failure', reason: kind }),
            );
          }
        }
        const samples = await prometheusSamples(metrics.registry);
        for (const version of ['1', '2', '3']) {
          const own = events.filter((one) => one.version === version);
          if (own.length === 0) continue;
          const of = (kind: string) => own.filter((one) => one.kind === kind);
          const at = `{model="m",version="${version}"}`;
          expect(samples.get(`nv_inference_request_success${at}`)).toBe(of('success').length);
          expect(samples.get(`nv_inference_count${at}`)).toBe(
            of('success').reduce((sum, { rows }) => sum + rows, 0),
          );
          expect(samples.get(`nv_inference_pending_request_count${at}`)).toBe(of('pending').length);
          for (const reason of ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER']) {
            expect(
              samples.get(
                `nv_inference_request_failure{model="m",version="${version}",reason="${reason}"}`,
              ),
            ).toBe(of(reason).length);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('registers in a given registry, beside existing metrics', async () => {
    const registry = new Registry();
    new Counter({ name: 'own_total', help: 'Own.', registers: [registry] }).inc();
    const metrics = new InferenceMetrics({ registry });
    metrics.track('digits', '3');
    const samples = await prometheusSamples(registry);
    expect(metrics.registry).toBe(registry);
    expect(samples.get('own_total')).toBe(1);
    expect(samples.get(`nv_inference_count${labels}`)).toBe(0);
  });

  test('refuses a registry that already has its names', () => {
    const registry = new Registry();
    new InferenceMetrics({ registry });
    expect(() => new InferenceMetrics({ registry })).toThrow(
      expect.objectContaining({
        code: 'ERR_MONITORING_METRIC_NAME_TAKEN',
        message: expect.stringContaining('nv_inference_request_success') as string,
      }),
    );
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses maxVersions of %s', (maxVersions) => {
    expect(() => new InferenceMetrics({ maxVersions })).toThrow(
      expect.objectContaining({ code: 'ERR_MONITORING_INVALID_OPTION' }),
    );
  });
});
