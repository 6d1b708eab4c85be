import { createServer } from 'node:http';
import fc from 'fast-check';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Signature } from '@fairlead/signature';
import { inferenceHandler, ModelServer } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { classify } from '../../src/protocol/open-inference/classify.ts';
import { ManyModels } from '../many-models.ts';
import { affine, MemorySource } from '../memory-source.ts';

const spec = { name: 'y', datatype: 'FP32' as const, shape: [-1, -1] };
const [input] = affine.inputs;
const labeled: Signature = {
  inputs: input === undefined ? [] : [input],
  outputs: [
    {
      name: 'y',
      datatype: 'FP32',
      shape: [-1, 2],
      features: [{ name: 'cat' }, { name: 'dog' }],
    },
  ],
};
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
  ],
};
const models = new ModelServer({
  source: new ManyModels({
    plain: new MemorySource([{ signature: affine }]),
    labeled: new MemorySource([{ signature: labeled }]),
    echo: new MemorySource([{ signature: echo, file: 'echo.onnx' }]),
  }),
  runtimes: { onnx: onnxRuntime() },
});
const handler = inferenceHandler(models);
const server = createServer((req, res) => {
  handler(req, res);
});
beforeAll(() => Promise.all(['plain', 'labeled', 'echo'].map((model) => models.serve(model))));
afterAll(() => models.close());

const ask = (model: string, parameters: object, data = [1, 2, 7, -3]) =>
  request(server)
    .post(`/v2/models/${model}/infer`)
    .send({
      inputs: [{ name: 'x', shape: [data.length / 2, 2], datatype: 'FP32', data }],
      outputs: [{ name: 'y', parameters }],
    });

describe('classification', () => {
  test('returns the largest elements of each row with their indexes, and their labels where they have some', async () => {
    const plain = (await ask('plain', { classification: 1 }).expect(200)).body as unknown;
    expect(plain).toMatchObject({
      outputs: [{ name: 'y', datatype: 'BYTES', shape: [2, 1], data: ['5:1', '15:0'] }],
    });
    const named = (await ask('labeled', { classification: 2 }).expect(200)).body as unknown;
    expect(named).toMatchObject({
      outputs: [
        { datatype: 'BYTES', shape: [2, 2], data: ['5:1:dog', '3:0:cat', '15:0:cat', '-5:1:dog'] },
      ],
    });
  });

  test('returns all when more are requested; equal elements are in the order of their indexes', async () => {
    const body = (await ask('plain', { classification: 1000 }, [4, 4]).expect(200)).body as unknown;
    expect(body).toMatchObject({ outputs: [{ shape: [1, 2], data: ['9:0', '9:1'] }] });
  });

  test('of nothing gives nothing, however many rows of it a request claims', () => {
    const shape = [1e9, 0];
    const nothing = classify(
      { name: 'y', datatype: 'FP32', shape, data: new Float32Array(0) },
      3,
      spec,
    );
    expect(nothing).toMatchObject({ shape: [1e9, 0], data: [] });
  });

  test('gives what comparing all of them gives, NaN, infinities and zeros included', () => {
    const value = fc.oneof(fc.float(), fc.constantFrom(0, -0, 1, NaN, Infinity, -Infinity));
    const decoder = new TextDecoder();
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.integer({ min: 1, max: 12 }), (row, k) => {
        const data = Float32Array.from(row);
        const shape = [1, data.length];
        const texts = classify({ name: 'y', datatype: 'FP32', shape, data }, k, spec).data;
        const all = [...data.entries()].sort(([, a], [, b]) =>
          Number.isNaN(a) || Number.isNaN(b)
            ? Number(isNaN(a)) - Number(isNaN(b))
            : b > a
              ? 1
              : b < a
                ? -1
                : 0,
        );
        const expected = all.slice(0, k).map(([index, each]) => `${each}:${index}`);
        expect((texts as readonly Uint8Array[]).map((text) => decoder.decode(text))).toEqual(
          expected,
        );
      }),
    );
  });

  test('of more than 16384 elements is rejected, with the fix', async () => {
    const data = Array.from({ length: 2 * 16_385 }, () => 1);
    const response = await ask('plain', { classification: 1 }, data).expect(400);
    expect((response.body as { error: string }).error).toContain('request at most 16384');
  });

  test('can be sent as bytes', async () => {
    const response = await ask('plain', { classification: 1, binary_data: true }, [1, 2])
      .buffer(true)
      .parse((res, done) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () => {
          done(null, Buffer.concat(chunks));
        });
      });
    const tail = (response.body as Buffer).subarray(
      Number(response.headers['inference-header-content-length']),
    );
    expect(tail).toEqual(Buffer.from([3, 0, 0, 0, ...Buffer.from('5:1')]));
  });

  test('keeps every digit of a whole number', async () => {
    const columns = { text: 'BYTES', half: 'FP16', flag: 'BOOL' };
    const data = { text: ['a'], half: [0], flag: [true] };
    const text = JSON.stringify({
      inputs: Object.entries(columns).map(([name, datatype]) => ({
        name,
        datatype,
        shape: [1],
        data: data[name as keyof typeof data],
      })),
      outputs: [{ name: 'whole_out', parameters: { classification: 3 } }],
    });
    const whole = '{"name":"whole","datatype":"INT64","shape":[1],"data":[9007199254740993]},';
    const body = text.replace('{"name":"text"', `${whole}{"name":"text"`);
    const response = await request(server)
      .post('/v2/models/echo/infer')
      .set('content-type', 'application/json')
      .send(body)
      .expect(200);
    expect(response.body).toMatchObject({
      outputs: [{ datatype: 'BYTES', shape: [1, 1], data: ['9007199254740993:0'] }],
    });
    const ofText = body.replace('whole_out', 'text_out');
    const refused = await request(server)
      .post('/v2/models/echo/infer')
      .set('content-type', 'application/json')
      .send(ofText)
      .expect(400);
    expect(refused.body).toEqual({
      error: 'output "text_out" is of BYTES; only numbers can be classified',
    });
  });

  test.each([0, -1, 1.5, '1'])('of %j classes is refused', async (classification) => {
    const body = (await ask('plain', { classification }).expect(400)).body as unknown;
    expect((body as { error: string }).error).toContain('"classification" must be a whole number');
  });
});
