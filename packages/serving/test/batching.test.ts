import { readFileSync } from 'node:fs';
import { drawTensors, seededRandom, type Signature, type Tensor } from '@fairlead/signature';
import { afterEach, describe, expect, test } from 'vitest';
import { ModelServer, type ServingEvent, type VersionManifest } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { MemorySource } from './memory-source.ts';

interface RowModel {
  readonly independent: boolean;
  readonly signature: Signature;
}

const models = JSON.parse(
  readFileSync(new URL('./models/rows/models.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, RowModel>>;

/** Models whose answers to drawn inputs hide whether rows influence each other. */
const HIDDEN = ['trees', 'label-alone'];
/** Models that answer the same request differently each time. */
const UNREPEATABLE = ['noise', 'batch-normalised'];

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

type Swapped = Extract<ServingEvent, { readonly type: 'swapped' }>;

async function serve(
  name: string,
  manifest: Pick<VersionManifest, 'batching'> = {},
): Promise<{ server: ModelServer; swapped: Swapped; widest: () => number }> {
  const events: ServingEvent[] = [];
  let widest = 0;
  const { signature } = models[name] ?? { signature: { inputs: [], outputs: [] } };
  const server = new ModelServer({
    source: new MemorySource([{ signature, file: `rows/${name}.onnx`, ...manifest }]),
    runtimes: { onnx: onnxRuntime({ workers: 1 }) },
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

describe.each(Object.entries(models))('%s', (name, { independent: isIndependent, signature }) => {
  const independent = isIndependent && !HIDDEN.includes(name);
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
