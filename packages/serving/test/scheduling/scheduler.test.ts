import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '@fairlead/signature';
import { ServingError } from '@fairlead/serving';
import { largestSharedRow } from '../../src/scheduling/batch-limits.ts';
import { Scheduler, type SchedulerOptions } from '../../src/scheduling/scheduler.ts';
import type { Submission } from '../../src/scheduling/ticket.ts';
import { GatedRuntime, POISON, rowsOf } from './gated-runtime.ts';

const LIMITS = { maxRows: 8, maxBytes: 1e6 };
/** A monitor that never finds the runtime starving, so that the load of the machine has no effect. */
const content = {
  idleStarted: () => undefined,
  recordExecution: () => undefined,
  isStarving: false,
};

function schedulerOf(runtime: GatedRuntime, options: Partial<SchedulerOptions> = {}): Scheduler {
  return new Scheduler({
    title: 'model "m" version 1',
    runtime,
    batching: LIMITS,
    maxQueued: 100,
    onExecuted: () => undefined,
    idleMonitor: content,
    ...options,
  });
}

const later = () => performance.now() + 60_000;
const submit = (scheduler: Scheduler, input: Tensor, more: Partial<Submission> = {}) =>
  scheduler.submit({ inputs: [input], rows: 1, deadlineAt: later(), ...more });

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(ServingError);
    return (error as ServingError).code;
  }
  return 'no error';
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Opens every current and new gate until nothing executes. */
async function openAll(runtime: GatedRuntime): Promise<void> {
  let quiet = 0;
  while (quiet < 3) {
    quiet = runtime.gates.length === 0 ? quiet + 1 : 0;
    for (const gate of runtime.gates.splice(0)) gate.open();
    await settle();
  }
}

test.each([
  [undefined, undefined],
  [1000, 262_144],
  [5_000_000, 5_000_000],
])(
  'the largest row that shares executions, of a model with files of %s bytes, has %s bytes',
  (file, row) => {
    expect(largestSharedRow(file)).toBe(row);
  },
);

describe('batches', () => {
  test('a request is executed in the turn in which it arrived, while there is room', async () => {
    const runtime = new GatedRuntime({ concurrency: 2 });
    const scheduler = schedulerOf(runtime);
    void submit(scheduler, rowsOf(1));
    await settle();
    void submit(scheduler, rowsOf(2));
    await settle();
    expect(runtime.executed).toEqual([[1], [2]]);
    expect(scheduler.queued).toBe(0);
  });

  test('requests whose rows have more bytes than the limit are executed alone', async () => {
    for (const [maxRowBytes, sizes] of [
      [4, [8]],
      [3, [1, 1, 1, 1, 1, 1, 1, 1]],
      [undefined, [8]],
    ] as const) {
      const runtime = new GatedRuntime();
      const scheduler = schedulerOf(runtime, { batching: { ...LIMITS, maxRowBytes } });
      const answers = Array.from({ length: 8 }, (_, index) => submit(scheduler, rowsOf(index)));
      await openAll(runtime);
      await Promise.all(answers);
      expect(runtime.executed.map((rows) => rows.length)).toEqual(sizes);
    }
  });

  test('those that arrive or wait together leave together, in order, up to the limit of rows', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime);
    const answers = Array.from({ length: 12 }, (_, index) => submit(scheduler, rowsOf(index)));
    await openAll(runtime);
    expect(runtime.executed).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
    const outputs = await Promise.all(answers);
    expect(outputs.map((each) => [...(each.outputs[0]?.data as Float32Array)])).toEqual(
      Array.from({ length: 12 }, (_, index) => [2 * index]),
    );
  });

  test('half of what waits is left for the next execution where the event loop keeps the runtime waiting', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime, { idleMonitor: { ...content, isStarving: true } });
    const answers = Array.from({ length: 6 }, (_, index) => submit(scheduler, rowsOf(index)));
    await settle();
    expect(runtime.executed).toEqual([[0, 1, 2]]);
    await openAll(runtime);
    await Promise.all(answers);
    expect(runtime.executed.flat()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('the rows of one request are never parted, however many they are', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime);
    void submit(scheduler, rowsOf(1));
    await settle();
    void submit(scheduler, rowsOf(2, 20));
    void submit(scheduler, rowsOf(3, 6));
    void submit(scheduler, rowsOf(4, 3));
    void submit(scheduler, rowsOf(5, 2));
    await openAll(runtime);
    expect(runtime.executed.map((rows) => [...new Set(rows)])).toEqual([[1], [2], [3, 5], [4]]);
    expect(runtime.executed[1]).toHaveLength(20);
  });

  test('bytes are limited as well', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime, { batching: { maxRows: 100, maxBytes: 12 } });
    for (let value = 0; value < 6; value++) void submit(scheduler, rowsOf(value));
    await openAll(runtime);
    expect(runtime.executed).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  test('other shapes never share a batch, and keep their turn', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime);
    void submit(scheduler, rowsOf(0));
    await settle();
    for (const width of [1, 2, 1, 2]) void submit(scheduler, rowsOf(width, 1, width));
    await openAll(runtime);
    expect(runtime.executed).toEqual([[0], [1, 1], [2, 2, 2, 2]]);
  });

  test('without batching each is executed alone', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime, { batching: undefined });
    for (let value = 0; value < 3; value++) void submit(scheduler, rowsOf(value));
    await openAll(runtime);
    expect(runtime.executed).toEqual([[0], [1], [2]]);
  });

  test('inputs in another order, text, and several tensors find their places', async () => {
    const encoder = new TextEncoder();
    const text = (word: string): Tensor => ({
      name: 't',
      datatype: 'BYTES',
      shape: [1],
      data: [encoder.encode(word)],
    });
    const seen: (readonly Tensor[])[] = [];
    const runtime = new GatedRuntime();
    const execute = runtime.execute.bind(runtime);
    runtime.execute = (inputs, context) => {
      seen.push(inputs);
      return execute(
        inputs.filter(({ name }) => name === 'x'),
        context,
      );
    };
    const scheduler = schedulerOf(runtime);
    void submit(scheduler, rowsOf(0));
    await settle();
    void scheduler.submit({ inputs: [rowsOf(1), text('a')], rows: 1, deadlineAt: later() });
    void scheduler.submit({ inputs: [rowsOf(2), text('b')], rows: 1, deadlineAt: later() });
    await openAll(runtime);
    expect(seen[1]?.map(({ data }) => [...(data as Iterable<unknown>)])).toEqual([
      [1, 2],
      [encoder.encode('a'), encoder.encode('b')],
    ]);
  });

  test('higher priorities go first; none comes last', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime, { batching: undefined });
    for (const priority of [undefined, 0, 2, 1, 2]) {
      void submit(scheduler, rowsOf(priority ?? 9), { priority });
    }
    await openAll(runtime);
    expect(runtime.executed).toEqual([[1], [2], [2], [9], [0]]);
  });

  test('one row that fails, fails alone', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime);
    const answers = [0, 1, POISON, 3].map((value) => submit(scheduler, rowsOf(value)));
    const settled = Promise.allSettled(answers);
    await openAll(runtime);
    const results = await settled;
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(runtime.executed).toEqual([[0, 1, POISON, 3], [0], [1], [POISON], [3]]);
  });

  test('an output without a row for each row of the batch is computed one by one', async () => {
    const runtime = new GatedRuntime();
    const execute = runtime.execute.bind(runtime);
    runtime.execute = async (inputs, context) => {
      const { outputs, ...rest } = await execute(inputs, context);
      const whole = (inputs[0]?.shape[0] ?? 0) > 1;
      return {
        ...rest,
        outputs: whole ? outputs.map((each) => ({ ...each, shape: [1, 1] })) : outputs,
      };
    };
    const scheduler = schedulerOf(runtime);
    const answers = [0, 1, 2].map((value) => submit(scheduler, rowsOf(value)));
    await openAll(runtime);
    expect((await Promise.all(answers)).map(({ outputs }) => outputs[0]?.data[0])).toEqual([
      0, 2, 4,
    ]);
  });
});

describe('admission', () => {
  test('a full queue refuses at once; what was accepted is answered', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime, { maxQueued: 2 });
    const accepted = [0, 1, 2].map((value) => submit(scheduler, rowsOf(value)));
    expect(await failure(submit(scheduler, rowsOf(3)))).toBe('ERR_SERVING_OVERLOADED');
    await openAll(runtime);
    await Promise.all(accepted);
  });

  test('a queue of none still runs what there is room for', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime, { maxQueued: 0 });
    const first = submit(scheduler, rowsOf(0));
    expect(await failure(submit(scheduler, rowsOf(1)))).toBe('ERR_SERVING_OVERLOADED');
    await openAll(runtime);
    await first;
    const third = submit(scheduler, rowsOf(2));
    await openAll(runtime);
    await third;
  });

  test('who leaves while waiting frees the place, and is never executed', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime);
    const client = new AbortController();
    void submit(scheduler, rowsOf(0));
    await settle();
    const left = submit(scheduler, rowsOf(1), { signal: client.signal });
    client.abort();
    expect(await failure(left)).toBe('ERR_SERVING_CANCELED');
    expect(scheduler.queued).toBe(0);
    await openAll(runtime);
    expect(runtime.executed).toEqual([[0]]);
    expect(await failure(submit(scheduler, rowsOf(2), { signal: client.signal }))).toBe(
      'ERR_SERVING_CANCELED',
    );
  });

  test('an execution is aborted when no request waits for it', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime);
    const clients = [new AbortController(), new AbortController(), new AbortController()];
    const answers = clients.map(({ signal }, index) =>
      submit(scheduler, rowsOf(index), { signal }),
    );
    const settled = Promise.allSettled(answers);
    await settle();
    clients[0]?.abort();
    clients[1]?.abort();
    expect(runtime.signals[0]?.aborted).toBe(false);
    clients[2]?.abort();
    expect(runtime.signals[0]?.aborted).toBe(true);
    await openAll(runtime);
    await settled;
  });

  test('a request is rejected when its deadline passes, waiting or executing, and is not executed after it', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime);
    const submission = { inputs: [rowsOf(0)], rows: 1, deadlineAt: later() };
    const executing = scheduler.submit(submission);
    await settle();
    // Only now, so that the execution has begun on a slow machine as well.
    submission.deadlineAt = performance.now() + 20;
    const waiting = submit(scheduler, rowsOf(1), { deadlineAt: submission.deadlineAt });
    const patient = submit(scheduler, rowsOf(2));
    expect(await failure(executing)).toBe('ERR_SERVING_DEADLINE_EXCEEDED');
    expect(await failure(waiting)).toBe('ERR_SERVING_DEADLINE_EXCEEDED');
    await openAll(runtime);
    expect((await patient).outputs[0]?.data[0]).toBe(4);
    expect(runtime.executed).toEqual([[0], [2]]);
  });

  test('close() rejects every request, and waiting requests are not executed', async () => {
    const runtime = new GatedRuntime();
    const scheduler = schedulerOf(runtime);
    const executing = submit(scheduler, rowsOf(0));
    await settle();
    const answers = [executing, ...[1, 2].map((value) => submit(scheduler, rowsOf(value)))];
    scheduler.close();
    for (const answer of answers) expect(await failure(answer)).toBe('ERR_SERVING_CLOSED');
    expect(await failure(submit(scheduler, rowsOf(3)))).toBe('ERR_SERVING_CLOSED');
    await openAll(runtime);
    expect(runtime.executed).toEqual([[0]]);
  });

  test('never runs more executions than there is room for', async () => {
    const runtime = new GatedRuntime({ concurrency: 3, gated: false });
    const scheduler = schedulerOf(runtime, { batching: undefined });
    await Promise.all(Array.from({ length: 50 }, (_, index) => submit(scheduler, rowsOf(index))));
    expect(runtime.mostExecuting).toBe(3);
  });
});

test('in any interleaving every request gets its own result', async () => {
  const request = fc.record({
    rows: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 3 }),
    poisoned: fc.boolean().map((flag) => flag),
    leaves: fc.integer({ min: 0, max: 9 }),
    pause: fc.integer({ min: 0, max: 2 }),
    priority: fc.integer({ min: 0, max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      async (requests, concurrency) => {
        const runtime = new GatedRuntime({ concurrency, gated: false });
        const scheduler = schedulerOf(runtime);
        let submitted = 0;
        const answers: Promise<void>[] = [];
        for (const { rows, width, poisoned, leaves, pause, priority } of requests) {
          submitted += 1;
          const value = poisoned && leaves > 6 ? POISON : submitted;
          const client = new AbortController();
          const answer = submit(scheduler, rowsOf(value, rows, width), {
            signal: client.signal,
            priority,
          });
          answers.push(
            answer.then(
              ({ outputs }) => {
                expect(value).not.toBe(POISON);
                expect(outputs).toEqual([
                  {
                    name: 'y',
                    datatype: 'FP32',
                    shape: [rows, width],
                    data: new Float32Array(rows * width).fill(2 * value),
                  },
                ]);
              },
              (error: unknown) => {
                const { code } = error as ServingError;
                expect(code).toBe(
                  client.signal.aborted ? 'ERR_SERVING_CANCELED' : 'ERR_SERVING_RUN_FAILED',
                );
                if (code === 'ERR_SERVING_RUN_FAILED') expect(value).toBe(POISON);
              },
            ),
          );
          if (leaves === 0) client.abort();
          for (let turn = 0; turn < pause; turn++) await settle();
          if (leaves === 1) client.abort();
        }
        await Promise.all(answers);
        expect(scheduler.queued).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});
