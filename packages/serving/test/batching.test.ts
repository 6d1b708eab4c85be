import { readFileSync } from 'node:fs';
import { drawTensors, seededRandom, type Signature, type Tensor } from '@fairlead/signature';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  ModelServer,
  ServingError,
  type RuntimeFactory,
  type ServingEvent,
  type VersionManifest,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from './memory-source.ts';

interface RowModel {
  readonly independent: boolean;
  readonly signature: Signature;
}

const models = JSON.parse(
  readFileSync(new URL('./models/rows/models.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, RowModel>>;

/** Models that answer the same request differently each time. */
const UNREPEATABLE = ['noise', 'batch-normalized'];

/** One runtime for all tests, which keeps an empty worker for the model that is loaded next while this version is loaded. */
const onnx = onnxRuntime({ workers: 1 });

beforeAll(async () => {
  const source = new MemorySource([{ signature: affine }]);
  const keeping = await onnx.load(await source.openVersion('m', 1), { onEvent: () => undefined });
  return () => keeping.close();
});

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

type Swapped = Extract<ServingEvent, { readonly type: 'swapped' }>;

async function serve(
  name: string,
  manifest: Pick<VersionManifest, 'batching'> & {
    readonly goldenExamples?: NonNullable<VersionManifest['goldenExamples']>;
  } = {},
  runtime: RuntimeFactory = onnx,
): Promise<{ server: ModelServer; swapped: Swapped; widest: () => number }> {
  const events: ServingEvent[] = [];
  let widest = 0;
  const { signature } = models[name] ?? { signature: { inputs: [], outputs: [] } };
  const server = new ModelServer({
    source: new MemorySource([{ signature, file: `rows/${name}.onnx`, ...manifest }]),
    runtimes: { onnx: runtime },
    onEvent: (event) => events.push(event),
    observer: {
      inferenceStarted: () => undefined,
      inferenceFinished: () => undefined,
      executed: ({ batchSize }) => (widest = Math.max(widest, batchSize)),
    },
    retryDelayMs: 60_000,
  });
  servers.push(server);
  await server.load(name, {});
  const swapped = events.find((event) => event.type === 'swapped');
  if (swapped === undefined) throw new Error('it was not put in place');
  return { server, swapped, widest: () => widest };
}

/** Requests of one row, all different. */
function requestsFor({ inputs }: Signature, count: number): readonly (readonly Tensor[])[] {
  const random = seededRandom('requests');
  return Array.from({ length: count }, () =>
    drawTensors(inputs, {
      random,
      maxInteger: 9,
      lengthOf: (_, dimension) => (dimension === 0 ? 1 : 5),
    }),
  );
}

function rounded(outputs: readonly Tensor[]): readonly unknown[] {
  return outputs.map(({ name, data }) => [
    name,
    [...data].map((each) => (typeof each === 'bigint' ? each : Number(Number(each).toFixed(4)))),
  ]);
}

describe.each(Object.entries(models))('%s', (name, { independent, signature }) => {
  test(`requests ${independent ? '' : 'never '}share executions, and get what they get alone`, async () => {
    const { server, swapped, widest } = await serve(name);
    expect(swapped, swapped.batchingReason).toMatchObject({ batching: independent });
    expect(swapped.batchingReason).not.toBe('');
    if (UNREPEATABLE.includes(name)) return;
    const requests = requestsFor(signature, 12);
    const alone: unknown[] = [];
    for (const inputs of requests) {
      alone.push(rounded((await server.infer({ model: name }, { inputs })).outputs));
    }
    const together = await Promise.all(
      requests.map((inputs) => server.infer({ model: name }, { inputs })),
    );
    expect(together.map(({ outputs }) => rounded(outputs))).toEqual(alone);
    expect(widest() > 1).toBe(independent);
  });
});

/** The same runtime, of whose graphs nothing is known, as of an upstream. */
function withoutGraph(factory: RuntimeFactory): RuntimeFactory {
  return {
    async load(artifacts, options) {
      const runtime = await factory.load(artifacts, options);
      return {
        platform: runtime.platform,
        concurrency: runtime.concurrency,
        execute: (inputs, context) => runtime.execute(inputs, context),
        unhealthy: () => runtime.unhealthy(),
        close: () => runtime.close(),
      };
    },
  };
}

describe('by trial alone', () => {
  // Models whose answers to drawn inputs hide whether rows influence each other.
  const hidden = [
    'trees',
    'label-alone',
    'alarm-of-all-rows',
    'rank-of-score',
    'label-against-average',
  ];

  // Their rows influence each other only beyond values that aren't drawn: nothing but the graph shows it.
  const unseen = [
    'sum-beyond-limit',
    'branch-with-outer-value',
    'steps-of-longest-row',
    'function-of-largest-row',
    'function-with-largest-row',
  ];

  test.each(Object.entries(models).filter(([name]) => !unseen.includes(name)))(
    '%s',
    async (name, { independent }) => {
      const { swapped } = await serve(name, {}, withoutGraph(onnx));
      const isShown = independent && !hidden.includes(name);
      expect(swapped, swapped.batchingReason).toMatchObject({ batching: isShown });
      const reason = isShown
        ? /different requests got in \d+ shared executions of up to 64 rows what each got alone/
        : /influence each other|hides whether|different answers/;
      expect(swapped.batchingReason).toMatch(reason);
    },
  );
});

describe('golden examples whose inner dimension is 1 long, by trial alone', () => {
  // Transposing one column, or not, gives the same.
  const golden = [0.5, 1.5, 2.5, 3.5].map((value) => ({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [value] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [value] }],
  }));

  test('rows that influence each other at greater lengths are found', async () => {
    const { swapped } = await serve(
      'transposed-into-its-shape',
      { goldenExamples: golden },
      withoutGraph(onnx),
    );
    expect(swapped).toMatchObject({ batching: false });
    expect(swapped.batchingReason).toMatch(/^rows influence each other: of \d+ rows, output "y"/);
  });

  test('a version that takes no greater length is not batched', async () => {
    const onlyOne: RuntimeFactory = {
      async load(artifacts, options) {
        const runtime = await onnx.load(artifacts, options);
        return {
          platform: runtime.platform,
          concurrency: runtime.concurrency,
          execute(inputs, context) {
            if (inputs[0]?.shape[1] !== 1) {
              throw new ServingError('ERR_SERVING_RUN_FAILED', 'it takes 1 column');
            }
            return runtime.execute(inputs, context);
          },
          unhealthy: () => runtime.unhealthy(),
          close: () => runtime.close(),
        };
      },
    };
    const { swapped } = await serve(
      'transposed-into-its-shape',
      { goldenExamples: golden },
      onlyOne,
    );
    expect(swapped).toMatchObject({ batching: false });
    expect(swapped.batchingReason).toMatch(/dimensions that vary are all longer than 1/);
  });
});

describe('the setting in the manifest', () => {
  test('off: requests are executed separately, regardless of the analysis', async () => {
    const { swapped } = await serve('mlp', { batching: 'off' });
    expect(swapped).toMatchObject({
      batching: false,
      batchingReason: 'its manifest says so',
    });
  });

  test('on: requests share executions where a trial shows nothing', async () => {
    const { swapped } = await serve('label-alone', { batching: 'on' }, withoutGraph(onnx));
    expect(swapped).toMatchObject({ batching: true });
    expect(swapped.batchingReason).toMatch(
      /^its manifest promises independent rows, which the trial did not show \(output "y"/,
    );
  });

  test.each(['running-sum', 'dynamically-quantized', 'neighbors-reshaped'])(
    'on: %s, whose rows influence each other, is not loaded',
    async (name) => {
      await expect(serve(name, { batching: 'on' })).rejects.toMatchObject({
        code: 'ERR_SERVING_LOAD_FAILED',
        message: expect.stringMatching(
          /has batching "on" in its manifest, but rows influence each other.*; push it with batching "auto" or "off"/,
        ) as string,
      });
    },
  );
});

test('a graph that does not show independent rows is no case for a trial', async () => {
  const { swapped } = await serve('function-with-largest-row');
  expect(swapped.batchingReason).toBe(
    'its graph does not show independent rows (Raise is of a function of the model or an undeclared operator set), and a trial cannot show them; promise independent rows with batching "on" (--batching on) if they are',
  );
});

test('the statistics say whether requests share executions, and why', async () => {
  const { server } = await serve('running-sum');
  const { batching } = server.find({ model: 'running-sum' });
  expect(batching).toEqual({
    on: false,
    reason: 'rows influence each other: CumSum sums along the rows',
  });
});

describe('golden examples that hold NaN and infinities', () => {
  // affine.onnx: y = 2 x + 1.
  const load = async (expected: readonly (number | string | null)[]) => {
    const tensor = (name: string, data: readonly (number | string | null)[]) => ({
      name,
      datatype: 'FP32',
      shape: [2, 2],
      data,
    });
    const server = new ModelServer({
      source: new MemorySource([
        {
          signature: affine,
          goldenExamples: [
            {
              inputs: [tensor('x', ['NaN', 'Infinity', '-Infinity', 1])],
              outputs: [tensor('y', expected)],
            },
          ],
        },
      ]),
      runtimes: { onnx },
      retryDelayMs: 60_000,
    });
    servers.push(server);
    await server.load('m', {});
  };

  test.each([
    ['NaN as text', ['NaN', 'Infinity', '-Infinity', 3]],
    ['NaN as null', [null, 'Infinity', '-Infinity', 3]],
  ])('%s equals NaN', async (_, expected) => {
    await expect(load(expected)).resolves.toBeUndefined();
  });

  test.each([
    ['a number for NaN', [1, 'Infinity', '-Infinity', 3], 'is NaN at element 0, expected 1'],
    ['a number for an infinity', [null, 5, '-Infinity', 3], 'is Infinity at element 1, expected 5'],
    ['an infinity for another', [null, 'Infinity', 'Infinity', 3], 'is -Infinity at element 2'],
    ['an infinity for a number', [null, 'Infinity', '-Infinity', 'Infinity'], 'is 3 at element 3'],
    ['NaN for a number', [null, 'Infinity', '-Infinity', null], 'is 3 at element 3, expected NaN'],
  ])('%s is a difference', async (_, expected, message) => {
    await expect(load(expected)).rejects.toMatchObject({
      message: expect.stringContaining(message) as string,
    });
  });
});
