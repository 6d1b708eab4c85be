import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Signature } from '@fairlead/signature';
import {
  CodecPool,
  inferenceHandler,
  mlflowScoring,
  ModelServer,
  openInference,
  tensorFlowServing,
  type Runtime,
} from '@fairlead/serving';
import { slowness } from '@fairlead/test-support/slowness';
import { MemorySource } from '../memory-source.ts';

/** The limit that ships, less what is around a text. */
const MOST = 16 * 1024 * 1024 - 1024;
/** The promise is 50 ms; processor time is up to twice as long where other tests use the caches as well. */
const MAX_HOLD_MS = 100;

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 256] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 256] }],
};

/** Gives each row back: the answer is as large as the request. */
const echo: Runtime = {
  platform: 'test',
  concurrency: 1,
  execute: ([x]) =>
    Promise.resolve({ outputs: x ? [{ ...x, name: 'y' }] : [], computeDurationMs: 0 }),
  unhealthy: () => Promise.resolve(undefined),
  close: () => Promise.resolve(),
};

const models = new ModelServer({
  source: new MemorySource([{ signature, runtime: { name: 'echo' } }]),
  runtimes: { echo: { load: () => Promise.resolve(echo) } },
  // The default, on a usual machine.
  requestTimeoutMs: Math.ceil(30_000 * slowness()),
});
const codec = new CodecPool();
const handler = inferenceHandler(models, {
  codec,
  protocols: [openInference(), tensorFlowServing(), mlflowScoring({ model: 'm' })],
});
const server = createServer((req, res) => {
  handler(req, res);
});
beforeAll(async () => {
  await models.serve('m');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await models.close();
  await codec.close();
});

interface Outcome {
  readonly status: number;
  readonly text: string;
  /** The most processor time of this thread in one turn of the event loop, in milliseconds; sending included. */
  readonly holdMs: number;
}

async function send(
  path: string,
  body: Buffer,
  headers: Record<string, string> = {},
): Promise<Outcome> {
  let holdMs = 0;
  let before = process.threadCpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    holdMs = Math.max(holdMs, (user + system) / 1000);
  }, 1);
  const { port } = server.address() as AddressInfo;
  const sent = request({
    port,
    path,
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks = (await response.toArray()) as Buffer[];
  clearInterval(timer);
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), holdMs };
}

const V2 = '/v2/models/m/infer';
const PREDICT = '/v1/models/m:predict';
const SCORE = '/invocations';
const fill = (piece: string, most = MOST): string => piece.repeat(Math.floor(most / piece.length));
const list = (piece: string, most = MOST): string => `[${fill(`${piece},`, most)}${piece}]`;
const tensor = (data: string, shape: string, datatype: string, more = ''): string =>
  `{"inputs":[{"name":"x","datatype":"${datatype}","shape":${shape},"data":${data}}]${more}}`;
const keys = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"k${index.toString(16)}":0`).join(',')}}`;

describe('at the limit that ships, the loop is free and the answer is', () => {
  test.each<[string, number, string, () => string, RegExp]>([
    ['16 MiB of brackets', 400, V2, () => fill('['), /deeper than 100/],
    ['lists side by side', 413, V2, () => `{"a":${list('[]')}}`, /1048576 lists/],
    ['a million keys', 413, V2, () => keys(1_150_000), /262144 keys/],
    ['260,000 keys', 400, V2, () => keys(260_000), /must be a list of tensors/],
    ['objects', 413, V2, () => `{"a":${list('{}')}}`, /262144 objects/],
    ['numbers of one digit', 413, V2, () => tensor(list('1'), '[1]', 'FP32'), /4194304 values/],
    ['empty strings', 413, V2, () => tensor(list('""'), '[1]', 'BYTES'), /524288 strings/],
    [
      '500,000 strings',
      413,
      V2,
      () => tensor(list('""', 1_500_000), '[500001]', 'BYTES'),
      /131072/,
    ],
    ['a tensor of 2^62', 400, V2, () => tensor('[1]', '[2147483647,2147483647]', 'FP32'), /2\^53/],
    ['5000 tensors', 400, V2, () => `{"inputs":${list('{}', 15_000)}}`, /at most 4096/],
    [
      '150,000 outputs',
      400,
      V2,
      () => tensor('[1]', '[1]', 'FP32', `,"outputs":${list('{"name":"y"}', 2e6)}`),
      /at most 4096/,
    ],
    ['one long number', 400, V2, () => tensor(`[${fill('9')}]`, '[1]', 'FP32'), /a greater one/],
    ['rows of nothing', 413, PREDICT, () => `{"instances":${list('[]')}}`, /1048576 lists/],
    ['instances', 413, PREDICT, () => `{"instances":${list('{"x":[1]}')}}`, /262144/],
    ['records', 413, SCORE, () => `{"dataframe_records":${list('{"a":1}')}}`, /262144/],
    ['not JSON', 400, SCORE, () => `${list('0.12345678')}]`, /not JSON/],
  ])('%s: %i', async (_name, status, path, text, message) => {
    const body = Buffer.from(text());
    const outcome = await send(path, body);
    expect([outcome.status, outcome.text.slice(0, 300)]).toEqual([
      status,
      expect.stringMatching(message) as unknown,
    ]);
    expect(outcome.holdMs).toBeLessThan(MAX_HOLD_MS * slowness());
  });

  test.each<[string, string]>([
    ['one column', `x\n${fill('1\n')}`],
    ['one line', `x\n${fill('1,')}`],
    ['one open quote', `x\n"${fill('a', MOST - 10)}`],
  ])('CSV of %s: refused', async (_name, text) => {
    const outcome = await send(SCORE, Buffer.from(text), { 'content-type': 'text/csv' });
    expect(outcome.status).toBeGreaterThanOrEqual(400);
    expect(outcome.status).toBeLessThan(500);
    expect(outcome.holdMs).toBeLessThan(MAX_HOLD_MS * slowness());
  });

  test('four million strings in binary: 413', async () => {
    const parameters = { binary_data_size: 4 * 4_000_000 };
    const x = { name: 'x', datatype: 'BYTES', shape: [4_000_000], parameters };
    const head = Buffer.from(JSON.stringify({ inputs: [x] }));
    const outcome = await send(V2, Buffer.concat([head, Buffer.alloc(16_000_000)]), {
      'inference-header-content-length': String(head.length),
    });
    expect(outcome.status).toBe(413);
    expect(outcome.holdMs).toBeLessThan(MAX_HOLD_MS * slowness());
  });

  test('the rows themselves, in and out as text: 200', async () => {
    const rows = 3000;
    const data = Array.from({ length: rows * 256 }, (_, index) => Math.fround(Math.sin(index)));
    const body = Buffer.from(tensor(JSON.stringify(data), `[${rows},256]`, 'FP32'));
    expect(body.length).toBeGreaterThan(14e6);
    const outcome = await send(V2, body);
    expect(outcome.status).toBe(200);
    const answer = JSON.parse(outcome.text) as { outputs: [{ data: number[] }] };
    expect(answer.outputs[0].data.length).toBe(data.length);
    expect(answer.outputs[0].data.at(-1)).toBe(data.at(-1));
    expect(outcome.holdMs).toBeLessThan(MAX_HOLD_MS * slowness());
  });
});
