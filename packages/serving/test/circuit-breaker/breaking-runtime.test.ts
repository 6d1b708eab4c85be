import { until } from '@fairlead/test-support/polling';
import type { Tensor } from '@fairlead/signature';
import { describe, expect, test } from 'vitest';
import { ServingError, type ServingErrorCode } from '@fairlead/serving';
import { BreakingRuntime } from '../../src/circuit-breaker/breaking-runtime.ts';
import { circuitBreakerOptions } from '../../src/circuit-breaker/circuit-breaker-options.ts';
import { affine, MemorySource } from '../memory-source.ts';
import { rowsOf } from '../scheduling/gated-runtime.ts';
import { scriptedRuntime, type Script } from '../fallback/scripted-runtime.ts';

const context = { requestIds: [], signal: new AbortController().signal, ownsInputs: false };

async function breaking(
  script: Script,
  {
    retryAfterMs = 50,
    hangMs = 60_000,
    probeInputs = undefined as readonly Tensor[] | undefined,
  } = {},
) {
  const changes: string[] = [];
  const artifacts = await new MemorySource([{ signature: affine }]).openVersion('m', 1);
  const inner = await scriptedRuntime({ m: script }).load(artifacts, { onEvent: () => undefined });
  const runtime = new BreakingRuntime(inner, {
    ...circuitBreakerOptions({ executions: 8, minExecutions: 4, retryAfterMs }),
    title: 'model "m" version 1',
    hangMs,
    probeInputs,
    onChange: ({ type }) => changes.push(type),
  });
  const run = () =>
    runtime.execute([rowsOf(1)], context).then(
      () => 'answered',
      (error: unknown) => (error instanceof ServingError ? error.code : String(error)),
    );
  const runs = async (count: number) => {
    const codes: string[] = [];
    for (let index = 0; index < count; index++) codes.push(await run());
    return codes;
  };
  return { runtime, changes, run, runs };
}

describe('what trips the breaker', () => {
  test.each<[NonNullable<Script['fault']>, string]>([
    ['ERR_SERVING_RUN_FAILED', 'ERR_SERVING_RUN_FAILED'],
    ['ERR_SERVING_UPSTREAM_FAILED', 'ERR_SERVING_UPSTREAM_FAILED'],
    ['ERR_SERVING_UPSTREAM_UNREACHABLE', 'ERR_SERVING_UPSTREAM_UNREACHABLE'],
    ['not-ours', 'TypeError: a bug'],
  ])('%s', async (fault, message) => {
    const script: Script = { fault };
    const { runtime, changes, runs } = await breaking(script, { retryAfterMs: 60_000 });
    expect(await runs(6)).toEqual([
      ...Array<string>(4).fill(message),
      'ERR_SERVING_CIRCUIT_OPEN',
      'ERR_SERVING_CIRCUIT_OPEN',
    ]);
    // The circuit is open: the runtime isn't called.
    expect(script.executions).toBe(4);
    expect(changes).toEqual(['circuit-opened']);
    expect(runtime.openForMs).toBeGreaterThan(0);
    expect(runtime.openError()).toMatchObject({
      message: expect.stringContaining('model "m" version 1 failed too often') as string,
      retryAfterMs: expect.any(Number) as number,
    });
    expect(await runtime.unhealthy()).toContain('failed too often');
  });

  test.each<ServingErrorCode>([
    'ERR_SERVING_BAD_REQUEST',
    'ERR_SERVING_CANCELED',
    'ERR_SERVING_DEADLINE_EXCEEDED',
    'ERR_SERVING_OVERLOADED',
  ])('not %s, however often', async (fault) => {
    const { runtime, changes, runs } = await breaking({ fault });
    expect(await runs(50)).toEqual(Array(50).fill(fault));
    expect([changes, runtime.openForMs]).toEqual([[], undefined]);
  });

  test.each(['ERR_SERVING_RUN_FAILED', 'ERR_SERVING_UPSTREAM_FAILED'] as const)(
    'not %s of one input, while what is known to be answered is',
    async (fault) => {
      const script: Script = {
        fault,
        faultOf: ({ data }) => (data as Float32Array).includes(1),
      };
      const { changes, runs } = await breaking(script, { probeInputs: [rowsOf(7)] });
      expect(await runs(20)).toEqual(Array(20).fill(fault));
      expect(changes).toEqual([]);
      // One execution of the probe inputs counts for a second.
      expect(script.executions).toBe(21);
    },
  );

  test('what fails at what it is known to answer', async () => {
    const script: Script = { fault: 'ERR_SERVING_RUN_FAILED' };
    const { changes, runs } = await breaking(script, {
      probeInputs: [rowsOf(7)],
      retryAfterMs: 60_000,
    });
    await runs(4);
    expect(changes).toEqual(['circuit-opened']);
  });

  test('a rejection does not describe the failures of other clients', async () => {
    const { runtime, runs } = await breaking({ fault: 'ERR_SERVING_RUN_FAILED' });
    await runs(4);
    expect(runtime.openError().message).not.toContain('scripted fault');
    expect(await runtime.unhealthy()).not.toContain('scripted fault');
  });

  test('not a few faults among many answers', async () => {
    const script: Script = {};
    const { changes, runs } = await breaking(script);
    for (let round = 0; round < 10; round++) {
      script.fault = undefined;
      expect(await runs(2)).toEqual(['answered', 'answered']);
      script.fault = 'ERR_SERVING_RUN_FAILED';
      await runs(1);
    }
    expect(changes).toEqual([]);
  });

  test('an execution that was canceled because it hung', async () => {
    const script: Script = { fault: 'ERR_SERVING_CANCELED' };
    const { changes, runs } = await breaking(script, { hangMs: 5, retryAfterMs: 60_000 });
    script.until = new Promise((resolve) => setTimeout(resolve, 30));
    expect((await runs(1))[0]).toBe('ERR_SERVING_RUN_FAILED');
    script.fault = 'ERR_SERVING_RUN_FAILED';
    await runs(3);
    expect(changes).toEqual(['circuit-opened']);
  });
});

describe('while the circuit is open', () => {
  test('one execution tries again after a while, the others are refused at once until it answered', async () => {
    const script: Script = { fault: 'ERR_SERVING_RUN_FAILED' };
    const { runtime, changes, run, runs } = await breaking(script);
    await runs(4);
    await until(() => runtime.openForMs === undefined);
    const gate = Promise.withResolvers<undefined>();
    Object.assign(script, { fault: undefined, until: gate.promise, executions: 0 });
    const probe = run();
    expect(await runs(5)).toEqual(Array(5).fill('ERR_SERVING_CIRCUIT_OPEN'));
    expect(script.executions).toBe(1);
    gate.resolve(undefined);
    expect(await probe).toBe('answered');
    expect(await runs(3)).toEqual(Array(3).fill('answered'));
    expect(changes).toEqual(['circuit-opened', 'circuit-closed']);
    // Earlier failures count no more.
    script.fault = 'ERR_SERVING_RUN_FAILED';
    expect(await runs(1)).toEqual(['ERR_SERVING_RUN_FAILED']);
    expect(runtime.openForMs).toBeUndefined();
  });

  test.each<[ServingErrorCode, string[]]>([
    ['ERR_SERVING_RUN_FAILED', ['circuit-opened', 'circuit-opened']],
    ['ERR_SERVING_CANCELED', ['circuit-opened', 'circuit-opened']],
    ['ERR_SERVING_OVERLOADED', ['circuit-opened', 'circuit-opened']],
    // An answer, if not one that the client likes.
    ['ERR_SERVING_BAD_REQUEST', ['circuit-opened', 'circuit-closed']],
  ])('a trial that ends in %s', async (fault, expected) => {
    const script: Script = { fault: 'ERR_SERVING_RUN_FAILED' };
    const { runtime, changes, runs } = await breaking(script);
    await runs(4);
    await until(() => runtime.openForMs === undefined);
    script.fault = fault;
    expect(await runs(1)).toEqual([fault]);
    expect(changes).toEqual(expected);
  });
});

test.each([
  { failureRatio: 0 },
  { failureRatio: 1 },
  { failureRatio: NaN },
  { executions: 0 },
  { executions: 5, minExecutions: 6 },
  { retryAfterMs: 0 },
  { retryAfterMs: 10, maxRetryAfterMs: 9 },
])('refuses the options %j', (options) => {
  const name = Object.keys(options).at(-1) ?? '';
  expect(() => circuitBreakerOptions(options)).toThrow(`circuitBreaker.${name} is `);
});
