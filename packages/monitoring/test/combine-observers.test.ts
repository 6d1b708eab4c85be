import { expect, test } from 'vitest';
import { InferenceMetrics, combineObservers } from '../src/index.ts';
import { prometheusSamples } from './prometheus-samples.ts';

test('forwards every event to every observer', async () => {
  const all = [new InferenceMetrics(), new InferenceMetrics()];
  const observer = combineObservers(...all);
  const about = { model: 'digits', version: '1' };
  observer.inferenceStarted(about);
  observer.inferenceStarted(about);
  observer.executed({ ...about, batchSize: 2, computeDurationMs: 1 });
  observer.inferenceFinished({
    ...about,
    outcome: 'success',
    rows: 2,
    requestDurationMs: 1,
    queueDurationMs: 0,
    computeDurationMs: 1,
  });
  observer.fallbackUsed?.({ model: 'digits', reason: 'failed', fallbackModel: 'flask' });
  for (const { registry } of all) {
    const samples = await prometheusSamples(registry);
    const at = '{model="digits",version="1"}';
    expect(samples.get(`nv_inference_request_success${at}`)).toBe(1);
    expect(samples.get(`nv_inference_pending_request_count${at}`)).toBe(1);
    expect(samples.get(`nv_inference_exec_count${at}`)).toBe(1);
    const forwarded = '{model="digits",fallback_model="flask",reason="failed"}';
    expect(samples.get(`fairlead_fallback_requests_total${forwarded}`)).toBe(1);
  }
});

test('an observer that throws keeps no event from the others, and its error is thrown', () => {
  const seen: string[] = [];
  const observerOf = (name: string, fails: boolean) => {
    const note = (): void => {
      seen.push(name);
      if (fails) throw new Error(`${name} is full`);
    };
    return { inferenceStarted: note, inferenceFinished: note, executed: note, fallbackUsed: note };
  };
  const observer = combineObservers(observerOf('a', true), observerOf('b', false));
  for (const method of [
    'inferenceStarted',
    'inferenceFinished',
    'executed',
    'fallbackUsed',
  ] as const) {
    expect(() => {
      (observer[method] as (event: object) => void)({});
    }).toThrow('a is full');
    expect(seen.splice(0)).toEqual(['a', 'b']);
  }
});

test('refuses an observer without one of the methods', () => {
  const partial = { inferenceStarted: () => undefined, inferenceFinished: () => undefined };
  expect(() => combineObservers(partial as unknown as InferenceMetrics)).toThrow(
    'observers[0]: expected an object with the method executed()',
  );
});
