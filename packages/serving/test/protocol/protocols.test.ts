import { createServer, type Server } from 'node:http';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Signature } from '@fairlead/signature';
import {
  inferenceHandler,
  mlflowScoring,
  ModelServer,
  openInference,
  sageMaker,
  tensorFlowServing,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

/** y = 2 x + 1, whose two columns have names. */
const named: Signature = {
  ...affine,
  inputs: [
    {
      name: 'x',
      datatype: 'FP32',
      shape: [-1, 2],
      features: [{ name: 'width' }, { name: 'height' }],
    },
  ],
};
/** Several inputs of several kinds, each given back. */
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

const runtimes = { onnx: onnxRuntime() };
const source = {
  affine: new MemorySource([{ signature: named }]),
  echo: new MemorySource([{ signature: echo, file: 'echo.onnx' }]),
};
const models = new ModelServer({
  source: {
    resolve: (model, alias) => source[model as keyof typeof source].resolve(model, alias),
    openVersion: (model, version) =>
      source[model as keyof typeof source].openVersion(model, version),
    follow: (model, alias, options) =>
      source[model as keyof typeof source].follow(model, alias, options),
  },
  runtimes,
});
let mlflow: Server;
let aws: Server;

beforeAll(async () => {
  await Promise.all([models.serve('affine'), models.serve('echo')]);
  const serverOf = (...protocols: ReturnType<typeof openInference>[]): Server => {
    const handler = inferenceHandler(models, {
      protocols: [openInference(), tensorFlowServing(), ...protocols],
    });
    return createServer((req, res) => {
      handler(req, res);
    });
  };
  mlflow = serverOf(mlflowScoring({ model: 'affine' }));
  aws = serverOf(sageMaker({ model: 'echo' }));
});
afterAll(() => models.close());

const post = (server: Server, path: string, body: unknown, type = 'application/json') =>
  request(server)
    .post(path)
    .set('content-type', type)
    .send(typeof body === 'string' ? body : JSON.stringify(body));
const row = { whole: 1, text: 'a', half: 0.5, flag: true };

test('TensorFlow Serving returns the signature of a model', async () => {
  const body = (await request(mlflow).get('/v1/models/affine/metadata').expect(200))
    .body as unknown;
  expect(body).toMatchObject({
    model_spec: { name: 'affine', version: '1' },
    metadata: {
      signature_def: {
        signature_def: {
          serving_default: {
            inputs: {
              x: {
                dtype: 'DT_FLOAT',
                tensor_shape: {
                  dim: [
                    { size: '-1', name: '' },
                    { size: '2', name: '' },
                  ],
                  unknown_rank: false,
                },
              },
            },
            method_name: 'tensorflow/serving/predict',
          },
        },
      },
    },
  });
  await request(mlflow)
    .get('/v1/models/affine/versions/1/metadata')
    .expect(200, body as object);
  await request(mlflow).get('/v1/models/affine/versions/2/metadata').expect(404);
  await request(mlflow).get('/v1/models/missing/metadata').expect(404);
  await request(mlflow).post('/v1/models/affine/metadata').expect(405);
});

describe('TensorFlow Serving', () => {
  const predict = '/v1/models/affine:predict';

  test.each<[string, string, unknown, unknown]>([
    [
      'rows',
      predict,
      {
        instances: [
          [1, 2],
          [3, 4],
        ],
      },
      {
        predictions: [
          [3, 5],
          [7, 9],
        ],
      },
    ],
    [
      'rows that name the input',
      predict,
      { instances: [{ x: [1, 2] }] },
      { predictions: [[3, 5]] },
    ],
    ['a column', predict, { inputs: [[1, 2]] }, { outputs: [[3, 5]] }],
    [
      'a version',
      '/v1/models/affine/versions/1:predict',
      { signature_name: 'serving_default', instances: [[1, 2]] },
      { predictions: [[3, 5]] },
    ],
    [
      'several outputs in rows',
      '/v1/models/echo:predict',
      { instances: [row, { ...row, whole: 2 }] },
      {
        predictions: [
          { whole_out: 1, text_out: 'a' },
          { whole_out: 2, text_out: 'a' },
        ],
      },
    ],
    [
      'several outputs in columns',
      '/v1/models/echo:predict',
      { inputs: { whole: [1], text: ['a'], half: [0], flag: [false] } },
      { outputs: { whole_out: [1], text_out: ['a'] } },
    ],
  ])('%s', async (_name, path, body, answer) => {
    await post(mlflow, path, body).expect(200, answer as object);
  });

  test('integers beyond 2^53 keep their digits', async () => {
    const response = await post(
      mlflow,
      '/v1/models/echo:predict',
      '{"instances":[{"whole":9007199254740993,"text":"","half":0,"flag":false}]}',
    );
    expect(response.text).toContain('"whole_out":9007199254740993');
  });

  test('bytes in base64 are the bytes that they stand for', async () => {
    const text = { b64: Buffer.from('Zürich').toString('base64') };
    await post(mlflow, '/v1/models/echo:predict', {
      instances: [{ ...row, text }, row],
    }).expect(200, {
      predictions: [
        { whole_out: 1, text_out: 'Zürich' },
        { whole_out: 1, text_out: 'a' },
      ],
    });
    await post(mlflow, '/v1/models/echo:predict', {
      inputs: { whole: [1, 2], text: [text, ''], half: [0, 0], flag: [true, false] },
    }).expect(200, { outputs: { whole_out: [1, 2], text_out: ['Zürich', ''] } });
    const response = await post(mlflow, '/v1/models/echo:predict', {
      instances: [{ ...row, text: { b64: 'not base64' } }],
    });
    expect(response.status).toBe(400);
    expect((response.body as { error: string }).error).toContain('not base64');
  });

  test('status of a version, which is not found where another one is loaded', async () => {
    const found = await request(mlflow).get('/v1/models/affine/versions/1').expect(200);
    expect(found.body).toMatchObject({
      model_version_status: [{ version: '1', state: 'AVAILABLE' }],
    });
    await request(mlflow).get('/v1/models/affine/versions/7').expect(404);
    await request(mlflow).get('/v1/models/missing').expect(404);
  });

  test('status', async () => {
    await request(mlflow)
      .get('/v1/models/affine')
      .expect(200, {
        model_version_status: [
          { version: '1', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } },
        ],
      });
  });

  test.each<[string, string, unknown, number, string]>([
    ['neither form', predict, {}, 400, 'needs "instances" or "inputs"'],
    [
      'another signature',
      predict,
      { signature_name: 'regress', instances: [[1, 2]] },
      400,
      'must be "serving_default"',
    ],
    ['both forms', predict, { instances: [[1, 2]], inputs: [[1, 2]] }, 400, 'not both'],
    ['no instances', predict, { instances: [] }, 400, 'not empty'],
    [
      'a missing input',
      '/v1/models/echo:predict',
      { instances: [{ ...row, text: undefined }] },
      400,
      'instance 0 has no value for input "text"',
    ],
    ['ragged rows', predict, { instances: [[1, 2], [3]] }, 400, 'lists of 2'],
    ['a wrong width', predict, { instances: [[1, 2, 3]] }, 400, 'expected shape [any,2]'],
    ['an unknown model', '/v1/models/nope:predict', { instances: [1] }, 404, 'no model "nope"'],
    [
      'an unknown version',
      '/v1/models/affine/versions/7:predict',
      { instances: [1] },
      404,
      'no version 7',
    ],
    ['another verb', '/v1/models/affine:classify', {}, 404, 'no route matches'],
    [
      '__proto__ for a name',
      '/v1/models/echo:predict',
      '{"instances":[{"__proto__":1}]}',
      400,
      'no value for input "whole"',
    ],
  ])('%s is refused', async (_name, path, body, status, message) => {
    const response = await post(mlflow, path, body);
    expect(response.status).toBe(status);
    expect((response.body as { error: string }).error).toContain(message);
  });
});

describe('MLflow scoring', () => {
  const split = (frame: object) => ({ dataframe_split: frame });

  test.each<[string, unknown, unknown]>([
    [
      'a split frame',
      split({ columns: ['width', 'height'], index: [0], data: [[1, 2]] }),
      [[3, 5]],
    ],
    ['columns in another order', split({ columns: ['height', 'width'], data: [[2, 1]] }), [[3, 5]]],
    ['no names for the columns', split({ data: [[1, 2]] }), [[3, 5]]],
    [
      'records',
      {
        dataframe_records: [
          { height: 2, width: 1 },
          { width: 3, height: 4 },
        ],
      },
      [
        [3, 5],
        [7, 9],
      ],
    ],
    ['instances', { instances: [[1, 2]], params: { temperature: 1 } }, [[3, 5]]],
    ['instances that name the columns', { instances: [{ width: 1, height: 2 }] }, [[3, 5]]],
    ['inputs', { inputs: [[1, 2]] }, [[3, 5]]],
    ['inputs by name', { inputs: { x: [[1, 2]] } }, [[3, 5]]],
  ])('%s', async (_name, body, predictions) => {
    await post(mlflow, '/invocations', body).expect(200, { predictions: predictions as [] });
  });

  test.each([
    [
      'width,height\n1,2\n3,4\n',
      [
        [3, 5],
        [7, 9],
      ],
    ],
    ['height,width\r\n2,1', [[3, 5]]],
    ['"height","width"\n2,"1"', [[3, 5]]],
  ])('CSV %j', async (csv, predictions) => {
    for (const type of ['text/csv', 'text/csv; charset=utf-8', 'TEXT/CSV;Charset="UTF-8"'])
      await post(mlflow, '/invocations', csv, type).expect(200, { predictions });
  });

  test.each<[string, unknown, string, number, string]>([
    ['no form', {}, 'application/json', 400, 'exactly one of'],
    [
      'two forms',
      { inputs: [[1, 2]], instances: [[1, 2]] },
      'application/json',
      400,
      'given: instances, inputs',
    ],
    ['an unknown key', { inputs: [[1, 2]], extra: 1 }, 'application/json', 400, '"extra"'],
    [
      'an unknown column',
      split({ columns: ['width', 'depth'], data: [[1, 2]] }),
      'application/json',
      400,
      'no column "height"',
    ],
    [
      'a ragged row',
      split({ columns: ['width', 'height'], data: [[1]] }),
      'application/json',
      400,
      'row 0',
    ],
    [
      'records that differ',
      { dataframe_records: [{ width: 1, height: 2 }, { width: 1 }] },
      'application/json',
      400,
      'no value in record 1, column "height"',
    ],
    ['CSV without rows', 'width,height\n', 'text/csv', 400, 'the CSV has no rows'],
    ['a ragged line', 'width,height\n1\n', 'text/csv', 400, 'line 2 has 1 cells'],
    ['an open quote', 'width,height\n"1,2\n', 'text/csv', 400, 'line 2 has a quote that is never'],
    ['text for a number', 'width,height\none,2\n', 'text/csv', 400, 'found "one"'],
    ['another media type', 'x', 'text/plain', 415, 'send application/json or text/csv'],
    ['another charset', '{}', 'application/json; charset=latin-1', 415, 'send UTF-8'],
    ['another parameter', 'width,height\n1,2', 'text/csv; header=absent', 415, '"header"'],
  ])('%s is refused', async (_name, body, type, status, message) => {
    const response = await post(mlflow, '/invocations', body, type);
    expect(response.status).toBe(status);
    expect(response.body).toMatchObject({
      error_code: 'BAD_REQUEST',
      message: expect.stringContaining(message) as string,
    });
  });

  test.each(['/ping', '/health', '/version'])('%s', async (path) => {
    await request(mlflow).get(path).expect(200);
  });
});

describe('SageMaker', () => {
  test('ping, invocations and the calls of a multi-model container', async () => {
    await request(aws).get('/ping').expect(200);
    await post(aws, '/invocations', { instances: [row] }).expect(200, {
      predictions: [{ whole_out: 1, text_out: 'a' }],
    });
    await post(
      aws,
      '/invocations',
      'whole,text,half,flag\n1,"a ""b"", c",0.5,1\n',
      'text/csv',
    ).expect(200, { predictions: [{ whole_out: 1, text_out: 'a "b", c' }] });
    await request(aws)
      .get('/models')
      .expect(200, {
        models: [
          { modelName: 'affine', modelUrl: 'affine' },
          { modelName: 'echo', modelUrl: 'echo' },
        ],
      });
    await request(aws)
      .get('/models/affine')
      .expect(200, { modelName: 'affine', modelUrl: 'affine' });
    await post(aws, '/models/affine/invoke', { inputs: [[1, 2]] }).expect(200, {
      predictions: [[3, 5]],
    });
    await request(aws).get('/models/nope').expect(404);
    await post(aws, '/models/nope/invoke', { inputs: [[1, 2]] }).expect(404);
  });

  test('a protocol that is not given is not spoken', async () => {
    await request(aws).get('/health').expect(404);
  });
});
