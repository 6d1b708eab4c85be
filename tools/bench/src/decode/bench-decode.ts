import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import {
  ModelServer,
  openInference,
  type ModelSource,
  type RuntimeFactory,
} from '@fairlead/serving';

const SHAPE = [1, 224, 224, 3];
const COUNT = 224 * 224 * 3;
const ROUNDS = 40;

/** A model of images whose runtime does nothing: only decoding is measured. */
const manifest = {
  model: 'm',
  version: 1,
  signature: {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 224, 224, 3] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
  },
  runtime: { name: 'idle' },
} as const;

const source: ModelSource = {
  resolve: () => Promise.resolve({ version: 1 }),
  openVersion: () => Promise.resolve({ manifest, read: () => Promise.resolve(new Uint8Array()) }),
  async *follow() {
    yield await Promise.resolve({ version: 1 });
  },
};

const idle: RuntimeFactory = {
  load: () =>
    Promise.resolve({
      platform: 'idle',
      concurrency: 1,
      execute: ([x]) => {
        const data = new Float32Array(x?.shape[0] ?? 1);
        const y = { name: 'y', datatype: 'FP32', shape: [data.length], data } as const;
        return Promise.resolve({ outputs: [y], computeDurationMs: 0 });
      },
      unhealthy: () => Promise.resolve(undefined),
      close: () => Promise.resolve(),
    }),
};

/** How long an image takes to be decoded, as JSON and as a binary tensor. */
export async function benchDecode(print: (line: string) => void): Promise<void> {
  const data = Float32Array.from({ length: COUNT }, (_, index) => Math.sin(index));
  const tensor = { name: 'x', shape: SHAPE, datatype: 'FP32' };
  const json = Buffer.from(JSON.stringify({ inputs: [{ ...tensor, data: [...data] }] }));
  const parameters = { binary_data_size: data.byteLength };
  const head = Buffer.from(JSON.stringify({ inputs: [{ ...tensor, parameters }] }));
  const binary = Buffer.concat([head, Buffer.from(data.buffer)]);

  const server = new ModelServer({ source, runtimes: { idle } });
  await server.serve('m');
  const jsonMs = await medianOf(server, json, {});
  const binaryMs = await medianOf(server, binary, {
    'inference-header-content-length': String(head.length),
  });
  await server.close();
  print(`Decoding a tensor of FP32 [${SHAPE.join(',')}], the median of ${ROUNDS} rounds.`);
  print('');
  print('| encoding | bytes | ms | JSON ÷ it |');
  print('| --- | ---: | ---: | ---: |');
  print(`| JSON | ${json.length} | ${jsonMs.toFixed(2)} | 1.0 |`);
  const ratio = (jsonMs / binaryMs).toFixed(1);
  print(`| binary | ${binary.length} | ${binaryMs.toFixed(3)} | ${ratio} |`);
}

async function medianOf(
  server: ModelServer,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const route = openInference().route('/v2/models/m/infer');
  const req = new IncomingMessage(new Socket());
  Object.assign(req.headers, headers);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await route?.answer({
      server,
      req,
      body,
      infer: (target, request) =>
        server.infer(target, () => {
          const startedAt = performance.now();
          const decoded = typeof request === 'function' ? request() : request;
          times.push(performance.now() - startedAt);
          return decoded;
        }),
    });
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}
