import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Signature } from '@fairlead/signature';
import { inferenceHandler, ModelServer } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

const echo: Signature = {
  inputs: [
    { name: 'whole', datatype: 'INT64', shape: [-1] },
    { name: 'text', datatype: 'BYTES', shape: [-1] },
    { name: 'half', datatype: 'FP16', shape: [-1] },
    { name: 'flag', datatype: 'BOOL', shape: [-1] },
  ],
  outputs: [
    { name: 'whole_out', datatype: 'INT64', shape: [-1] },
    { name: 'text_out', datatype: 'BYTES', shape: [-1] },
    { name: 'half_out', datatype: 'FP16', shape: [-1] },
    { name: 'flag_out', datatype: 'BOOL', shape: [-1] },
  ],
};
const runtimes = { onnx: onnxRuntime() };
const models = new ModelServer({ source: new MemorySource([{ signature: affine }]), runtimes });
const echoes = new ModelServer({
  source: new MemorySource([{ signature: echo, file: 'echo.onnx' }]),
  runtimes,
});
const servers: Server[] = [];
const ports = new Map<ModelServer, number>();

beforeAll(async () => {
  for (const each of [models, echoes]) {
    await each.serve('m');
    const handler = inferenceHandler(each, { maxBodyBytes: 10_000 });
    const server = createServer((req, res) => {
      handler(req, res);
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    ports.set(each, (server.address() as AddressInfo).port);
  }
});
afterAll(async () => {
  for (const server of servers) server.close();
  await Promise.all([models.close(), echoes.close()]);
});

interface Answer {
  readonly status: number;
  readonly json: {
    error?: string;
    outputs: { name: string; data?: unknown[]; parameters?: { binary_data_size: number } }[];
  };
  readonly binary: Buffer;
  readonly type: string | null;
}

async function infer(
  body: Buffer | string,
  headers: Record<string, string> = {},
  server = models,
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${ports.get(server) ?? 0}/v2/models/m/infer`, {
    method: 'POST',
    body,
    headers,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const header = response.headers.get('inference-header-content-length');
  const length = header === null ? bytes.length : Number(header);
  return {
    status: response.status,
    json: JSON.parse(bytes.subarray(0, length).toString()) as Answer['json'],
    binary: bytes.subarray(length),
    type: response.headers.get('content-type'),
  };
}

const floats = (...values: number[]) => Buffer.from(new Float32Array(values).buffer);
const head = (json: object) => Buffer.from(JSON.stringify(json));
const x = (size: number) => ({
  name: 'x',
  shape: [1, 2],
  datatype: 'FP32',
  parameters: { binary_data_size: size },
});
const split = (json: Buffer) => ({ 'inference-header-content-length': String(json.length) });

describe('in and out', () => {
  test('binary in, JSON out', async () => {
    const json = head({ inputs: [x(8)] });
    const answer = await infer(Buffer.concat([json, floats(1, 2)]), split(json));
    expect(answer).toMatchObject({
      status: 200,
      type: 'application/json',
      json: { outputs: [{ name: 'y', data: [3, 5] }] },
    });
  });

  test('JSON in, binary out, by request or by output', async () => {
    const tensor = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] };
    for (const requested of [
      { parameters: { binary_data_output: true } },
      { outputs: [{ name: 'y', parameters: { binary_data: true } }] },
    ]) {
      const answer = await infer(head({ inputs: [tensor], ...requested }));
      expect(answer.type).toBe('application/octet-stream');
      expect(answer.json.outputs).toEqual([
        { name: 'y', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
      ]);
      expect(answer.binary).toEqual(floats(3, 5));
    }
    const unchanged = await infer(
      head({
        inputs: [tensor],
        parameters: { binary_data_output: true },
        outputs: [{ name: 'y', parameters: { binary_data: false } }],
      }),
    );
    expect(unchanged.json.outputs[0]?.data).toEqual([3, 5]);
  });

  test('NaN and infinities go through exactly', async () => {
    const json = head({ inputs: [x(8)], parameters: { binary_data_output: true } });
    const answer = await infer(Buffer.concat([json, floats(NaN, -Infinity)]), split(json));
    expect(answer.binary).toEqual(floats(NaN, -Infinity));
  });

  test('every kind of storage, some as bytes and some as JSON', async () => {
    const text = Buffer.from([1, 0, 0, 0, 0x41, 2, 0, 0, 0, 0xc3, 0xa9]);
    const json = head({
      inputs: [
        { name: 'whole', shape: [2], datatype: 'INT64', data: [1, -2] },
        {
          name: 'text',
          shape: [2],
          datatype: 'BYTES',
          parameters: { binary_data_size: text.length },
        },
        { name: 'half', shape: [2], datatype: 'FP16', parameters: { binary_data_size: 4 } },
        { name: 'flag', shape: [2], datatype: 'BOOL', parameters: { binary_data_size: 2 } },
      ],
      outputs: ['whole_out', 'text_out', 'half_out', 'flag_out'].map((name) => ({
        name,
        parameters: { binary_data: name !== 'flag_out' },
      })),
    });
    const half = Buffer.from([0x00, 0x3c, 0x00, 0x7e]);
    const answer = await infer(
      Buffer.concat([json, text, half, Buffer.from([1, 0])]),
      split(json),
      echoes,
    );
    expect(
      answer.json.outputs.map(({ parameters, data }) => parameters?.binary_data_size ?? data),
    ).toEqual([16, text.length, 4, [true, false]]);
    expect(answer.binary).toEqual(
      Buffer.concat([Buffer.from(BigInt64Array.of(1n, -2n).buffer), text, half]),
    );
  });

  test('a raw body is the single input', async () => {
    const answer = await infer(floats(1, 2), {
      'inference-header-content-length': '0',
      'content-type': 'application/octet-stream',
    });
    expect(answer.status).toBe(200);
    expect(answer.binary).toEqual(floats(3, 5));
  });
});

describe('what is refused', () => {
  const good = head({ inputs: [x(8)] });
  test.each<[string, Buffer, Record<string, string>, string]>([
    [
      'a JSON length past the end',
      good,
      { 'inference-header-content-length': '9999' },
      'more than the',
    ],
    [
      'a JSON length that is no number',
      good,
      { 'inference-header-content-length': '-1' },
      'must be a number of bytes',
    ],
    ['no bytes behind the JSON', good, {}, '0 bytes are left'],
    ['too few bytes', Buffer.concat([good, floats(1)]), split(good), '4 bytes are left'],
    [
      'bytes left over',
      Buffer.concat([good, floats(1, 2, 3)]),
      split(good),
      '4 bytes behind the JSON belong to no input',
    ],
    [
      'a size that does not fit the shape',
      Buffer.concat([head({ inputs: [x(4)] }), floats(1)]),
      split(head({ inputs: [x(4)] })),
      '8 bytes for FP32',
    ],
    [
      'a size that is no number',
      head({ inputs: [{ ...x(8), parameters: { binary_data_size: '8' } }] }),
      {},
      'whole number of bytes',
    ],
    ['a negative size', head({ inputs: [x(-8)] }), {}, 'whole number of bytes'],
    [
      'bytes and data at once',
      Buffer.concat([head({ inputs: [{ ...x(8), data: [1, 2] }] }), floats(1, 2)]),
      split(head({ inputs: [{ ...x(8), data: [1, 2] }] })),
      'has both "data" and "binary_data_size": send one of them',
    ],
    [
      'a raw body of no whole row',
      Buffer.from([1, 2, 3]),
      { 'inference-header-content-length': '0' },
      '8 bytes for FP32',
    ],
  ])('%s', async (_name, body, headers, message) => {
    const { status, json } = await infer(body, headers);
    expect(status).toBe(400);
    expect(json.error).toContain(message);
  });

  test('a raw body for a model with several inputs', async () => {
    const { status, json } = await infer(
      Buffer.from([1]),
      { 'inference-header-content-length': '0' },
      echoes,
    );
    expect(status).toBe(400);
    expect(json.error).toContain('this one has 4');
  });
});

describe('compressed bodies', () => {
  const body = JSON.stringify({
    inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }],
  });

  test.each([
    ['gzip', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['GZIP', gzipSync(body)],
    ['x-gzip', gzipSync(body)],
    ['X-GZIP , identity', gzipSync(body)],
  ])('%s', async (encoding, compressed) => {
    const { json } = await infer(compressed, { 'content-encoding': encoding });
    expect(json.outputs[0]?.data).toEqual([3, 5]);
  });

  test.each<[string, Buffer, string, number, string]>([
    ['a bomb', gzipSync(Buffer.alloc(5_000_000)), 'gzip', 413, 'once it is decompressed'],
    ['what is not gzip', Buffer.from(body), 'gzip', 400, 'the body is not gzip'],
    ['what breaks off', gzipSync(body).subarray(0, 20), 'gzip', 400, 'the body is not gzip'],
    ['two encodings', gzipSync(body), 'gzip, gzip', 415, 'gzip, deflate or without'],
  ])('%s is refused', async (_name, compressed, encoding, status, message) => {
    const answer = await infer(compressed, { 'content-encoding': encoding });
    expect(answer.status).toBe(status);
    expect(answer.json.error).toContain(message);
  });
});

describe('tuning', () => {
  const tensor = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] };
  test.each([
    ['a timeout and a priority', { timeout: 5_000_000, priority: 1 }, 200],
    ['none, as Triton writes it', { timeout: 0, priority: 0 }, 200],
    ['a timeout that is no number', { timeout: '1' }, 400],
    ['a negative priority', { priority: -1 }, 400],
  ])('%s', async (_name, parameters, status) => {
    expect((await infer(head({ inputs: [tensor], parameters }))).status).toBe(status);
  });

  test.each([
    ['2.5', 200],
    ['0', 400],
    ['soon', 400],
  ])('Request-Timeout: %s', async (value, status) => {
    expect((await infer(head({ inputs: [tensor] }), { 'request-timeout': value })).status).toBe(
      status,
    );
  });
});
