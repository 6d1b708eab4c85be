import { createServer, type Server } from 'node:http';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Signature, TensorSpec } from '@fairlead/signature';
import {
  inferenceHandler,
  mlflowScoring,
  ModelServer,
  openInference,
  sageMaker,
  tensorFlowServing,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { MemorySource } from '../memory-source.ts';

const x: TensorSpec = { name: 'x', datatype: 'FP32', shape: [-1, 2] };
const outputs: Readonly<Record<string, TensorSpec>> = {
  y: { name: 'y', datatype: 'FP32', shape: [-1, 2] },
  // As exporters write them that know nothing of the length.
  open: { name: 'classes', datatype: 'FP32', shape: [-1] },
  classes: { name: 'classes', datatype: 'FP32', shape: [2] },
  total: { name: 'total', datatype: 'FP32', shape: [] },
  sums: { name: 'sums', datatype: 'FP32', shape: [1, 2] },
};
const of = (...names: readonly string[]) => {
  const signature: Signature = {
    inputs: [x],
    outputs: names.flatMap((name) => outputs[name] ?? []),
  };
  return new MemorySource([{ signature, file: 'rows.onnx' }]);
};
const pass: Signature = {
  inputs: [
    { name: 'text', datatype: 'BYTES', shape: [-1] },
    { name: 'id', datatype: 'INT64', shape: [-1, 1] },
    { name: 'flag', datatype: 'BOOL', shape: [-1] },
    { name: 'size', datatype: 'FP32', shape: [-1] },
  ],
  outputs: [
    { name: 'text_out', datatype: 'BYTES', shape: [-1] },
    { name: 'id_out', datatype: 'INT64', shape: [-1, 1] },
    { name: 'flag_out', datatype: 'BOOL', shape: [-1] },
    { name: 'size_out', datatype: 'FP32', shape: [-1] },
  ],
};
const sources: Readonly<Record<string, MemorySource>> = {
  neg: of('y'),
  both: of('y', 'classes'),
  'both-open': of('y', 'open'),
  classes: of('classes'),
  total: of('total'),
  mixed: of('y', 'total'),
  sums: of('y', 'sums'),
  pass: new MemorySource([{ signature: pass, file: 'pass.onnx' }]),
  shared: new MemorySource([
    {
      signature: {
        ...pass,
        inputs: pass.inputs.map((spec) => ({
          ...spec,
          dimensions: spec.shape.map((length) => (length === -1 ? 'n' : null)),
        })),
      },
      file: 'pass.onnx',
    },
  ]),
  // A manifest that leaves a length open which its file has fixed.
  open: new MemorySource([
    {
      signature: {
        inputs: [{ ...x, shape: [-1, -1] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, -1] }],
      },
      file: 'rows.onnx',
    },
  ]),
  stats: of('y'),
  ready: of('y'),
  versions: of('y'),
  metadata: of('y'),
  infer: of('y'),
  invoke: of('y'),
  index: of('y'),
  models: of('y'),
  constructor: of('y'),
};
const sourceOf = (model: string): MemorySource => {
  const source = sources[model];
  if (source === undefined) throw new Error(`there is no model ${model}`);
  return source;
};

const models = new ModelServer({
  source: {
    resolve: (model, alias) => sourceOf(model).resolve(model, alias),
    openVersion: (model, version) => sourceOf(model).openVersion(model, version),
    follow: (model, alias, options) => sourceOf(model).follow(model, alias, options),
  },
  runtimes: { onnx: onnxRuntime({ workers: 1 }) },
});
const servers: Server[] = [];
let mlflow: Server;
let aws: Server;

async function listen(protocol: ReturnType<typeof mlflowScoring>): Promise<Server> {
  const protocols = [openInference(), tensorFlowServing(), protocol];
  const server = createServer(inferenceHandler(models, { protocols }));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

beforeAll(async () => {
  for (const model of Object.keys(sources)) await models.serve(model);
  mlflow = await listen(mlflowScoring({ model: 'pass' }));
  aws = await listen(sageMaker({ model: 'pass' }));
});

afterAll(async () => {
  await models.close();
  for (const server of servers) server.close();
});

const post = (server: Server, path: string, body: unknown, type = 'application/json') =>
  request(server)
    .post(path)
    .set('content-type', type)
    .send(typeof body === 'string' ? body : JSON.stringify(body));

const three = [
  [1, 2],
  [3, 4],
  [5, 6],
];
const negated = [
  [-1, -2],
  [-3, -4],
  [-5, -6],
];

describe('predictions in rows', () => {
  const paths: readonly [string, (model: string) => string][] = [
    ['TensorFlow Serving', (model) => `/v1/models/${model}:predict`],
    ['SageMaker', (model) => `/models/${model}/invoke`],
  ];
  describe.each(paths)('%s', (_name, path) => {
    test('an output with a row for each instance has one prediction for each', async () => {
      await post(aws, path('neg'), { instances: three }).expect(200, { predictions: negated });
    });

    test.each([
      ['both', three, 'output "classes" of shape [2]'],
      ['both', three.slice(0, 2), 'output "classes" of shape [2]'],
      ['both', three.slice(0, 1), 'output "classes" of shape [2]'],
      ['both-open', three, 'output "classes" of shape [2]'],
      ['classes', three.slice(0, 2), 'output "classes" of shape [2]'],
      ['total', three, 'output "total" of shape []'],
      ['total', three.slice(0, 1), 'output "total" of shape []'],
      ['mixed', three, 'output "total" of shape []'],
      ['sums', three, 'output "sums" of shape [1,2]'],
    ])('of %s for the instances %j are rejected: %s', async (model, instances, message) => {
      const { status, text } = await post(aws, path(model), { instances });
      expect(status).toBe(400);
      const { error } = JSON.parse(text) as { error: string };
      expect(error).toContain(`${message} has no row for each of the ${instances.length} rows`);
      expect(error).toContain('send "inputs" instead');
    });

    test('an output of one row is the row of a single instance', async () => {
      await post(aws, path('sums'), { instances: [[1, 2]] }).expect(200, {
        predictions: [{ y: [-1, -2], sums: [1, 2] }],
      });
    });

    test('inputs in columns get every output whole', async () => {
      const key = path('m').startsWith('/v1') ? 'outputs' : 'predictions';
      await post(aws, path('both'), { inputs: three }).expect(200, {
        [key]: { y: negated, classes: [10, 20] },
      });
      await post(aws, path('total'), { inputs: three }).expect(200, { [key]: 21 });
      await post(aws, path('neg'), { inputs: [] }).expect(200, { [key]: [] });
    });

    test('no instances are rejected', async () => {
      await post(aws, path('neg'), { instances: [] }).expect(400);
    });
  });

  test.each<[string, unknown, string?]>([
    ['a split frame', { dataframe_split: { columns: ['a', 'b'], data: three } }],
    [
      'records',
      {
        dataframe_records: [
          { a: 1, b: 2 },
          { a: 1, b: 2 },
          { a: 1, b: 2 },
        ],
      },
    ],
    ['CSV', '1,2\n3,4\n5,6\n', 'text/csv'],
  ])('%s of three rows for an output without them is rejected', async (_name, body, type) => {
    const response = await post(aws, '/models/both/invoke', body, type);
    expect(response.status).toBe(400);
    expect(response.text).toContain('has no row for each of the 3 rows');
  });
});

describe('a table', () => {
  const predictions = [
    { text_out: '02139', id_out: [1], flag_out: true, size_out: null },
    { text_out: '7', id_out: [2], flag_out: false, size_out: 0.5 },
  ];
  const rows = [
    ['02139', 1, true, null],
    ['7', 2, false, 0.5],
  ];
  const record = { size: 0.5, flag: false, id: 2, text: '7' };
  const names = ['text', 'id', 'flag', 'size'];
  const csv = '02139,1,True,\n"7",2.0,0,.5\n';
  const split = (columns: unknown, data: unknown) => ({ dataframe_split: { columns, data } });

  test.each<[string, unknown, string?]>([
    ['CSV', `${names.join(',')}\n${csv}`, 'text/csv'],
    [
      'CSV with more columns',
      ',size,id,more,text,flag\n0,,1,x,02139,True\n1,.5,2,y,7,0',
      'text/csv',
    ],
    ['CSV with numbered columns', `0,1,2,3\n${csv}`, 'text/csv'],
    ['a split frame', split(names, rows)],
    ['a split frame with numbered columns', split([0, 1, 2, 3], rows)],
    ['a split frame without columns', split(null, rows)],
    [
      'a split frame with more columns',
      split(
        ['more', ...names],
        rows.map((row) => [[], ...row]),
      ),
    ],
    ['records', { dataframe_records: [{ text: '02139', id: 1, flag: 1, size: null }, record] }],
    [
      'records with more',
      { dataframe_records: [{ more: 1, text: '02139', id: 1, flag: 1, size: null }, record] },
    ],
    [
      'instances',
      {
        instances: [
          { text: '02139', id: [1], flag: 1, size: null },
          { ...record, id: [2] },
        ],
      },
    ],
    [
      'instances with more',
      { instances: [{ text: '02139', id: 1, flag: 1, size: null, more: {} }, record] },
    ],
  ])('of MLflow: %s', async (_name, body, type) => {
    await post(mlflow, '/invocations', body, type).expect(200, { predictions });
    if (!String(body).startsWith('0,1')) await post(aws, '/invocations', body, type).expect(200);
  });

  test('parts that are null are left out', async () => {
    const body = { dataframe_split: null, instances: [record], inputs: null, params: null };
    await post(mlflow, '/invocations', body).expect(200, { predictions: predictions.slice(1) });
    const columns = { text: ['7'], id: [[2]], flag: [false], size: [0.5] };
    await post(aws, '/v1/models/pass:predict', {
      signature_name: null,
      instances: null,
      inputs: columns,
    }).expect(200);
    await post(aws, '/v1/models/pass:predict', {
      signature_name: '',
      instances: [{ ...record, id: [2], more: 1 }],
      inputs: null,
    }).expect(200, { predictions: predictions.slice(1) });
  });

  test.each<[string, string, string]>([
    ['a missing integer', 'text,id,flag,size\na,,1,1\n', 'line 2, column "id"'],
    ['a column that is missing', 'text,flag,size\na,1,1\n', 'no column "id"'],
    ['a column that comes twice', 'text,id,flag,size,id\na,1,1,1,2\n', 'column "id" twice'],
  ])('CSV with %s is rejected', async (_name, body, message) => {
    for (const server of [mlflow, aws]) {
      const response = await post(server, '/invocations', body, 'text/csv');
      expect(response.status).toBe(400);
      expect(response.headers['fairlead-error']).toMatch(/^ERR_SIGNATURE_T/);
      expect(JSON.parse(response.text)).toMatchObject(
        server === mlflow
          ? { message: expect.stringContaining(message) as string }
          : { error: expect.stringContaining(message) as string },
      );
    }
  });
});

describe('CSV of SageMaker', () => {
  test.each([
    ['without names', '1,2\n3,4\n5,6\n', negated],
    ['of one line', '1,2', [[-1, -2]]],
    ['with names', 'a,b\n1,2\n3,4\n5,6\n', negated],
  ])('%s', async (_name, csv, predictions) => {
    await post(aws, '/models/neg/invoke', csv, 'text/csv').expect(200, { predictions });
  });

  test('without names, of several inputs', async () => {
    await post(aws, '/invocations', '02139,1,1,\n', 'text/csv').expect(200, {
      predictions: [{ text_out: '02139', id_out: [1], flag_out: true, size_out: null }],
    });
  });
});

describe('Accept of SageMaker', () => {
  const ask = (accept: string | undefined, model = 'neg', body = '1,2\n3,4\n') => {
    const call = post(aws, `/models/${model}/invoke`, body, 'text/csv');
    return accept === undefined ? call : call.set('accept', accept);
  };

  test.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['Application/JSON;verbose', 'application/json'],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV ; charset="utf-8"', 'text/csv'],
    ['text/*', 'text/csv'],
    ['text/csv, application/json', 'text/csv'],
    ['application/json;q=0.5, text/csv', 'text/csv'],
    ['text/csv;q=0.1, */*;q=0.9', 'application/json'],
    ['application/json;q=0, */*', 'text/csv'],
    ['image/png;a="text/csv,", text/csv', 'text/csv'],
  ])('%j is answered as %s', async (accept, type) => {
    const response = await ask(accept).expect(200);
    expect(response.headers['content-type']).toBe(type);
    expect(response.text).toBe(
      type === 'text/csv' ? '-1,-2\n-3,-4\n' : '{"predictions":[[-1,-2],[-3,-4]]}',
    );
  });

  test.each(['image/png', 'text/html, application/jsonlines', '*/*;q=0', 'text/csv;q=0'])(
    '%j is answered with 406 before the model runs',
    async (accept) => {
      const response = await ask(accept);
      expect(response.status).toBe(406);
      expect(response.headers['fairlead-error']).toBe('ERR_SERVING_NOT_ACCEPTABLE');
      expect(response.text).toContain('application/json or text/csv');
    },
  );

  test('CSV has a line for each row, with the elements of all outputs', async () => {
    const rows = 'a,1,1,\n"b, ""c""",9007199254740993,0,inf\n"",3,1,.5\n';
    const response = await post(aws, '/invocations', rows, 'text/csv').set('accept', 'text/csv');
    expect(response.text).toBe(
      'a,1,true,NaN\n"b, ""c""",9007199254740993,false,Infinity\n"",3,true,0.5\n',
    );
  });

  test('CSV of an output without rows is rejected, for inputs in columns too', async () => {
    expect((await ask('text/csv', 'both')).status).toBe(400);
    const body = { inputs: three };
    const whole = () => post(aws, '/models/both/invoke', body).set('accept', 'text/csv');
    expect((await whole()).text).toContain('accept application/json instead');
    const neg = post(aws, '/models/neg/invoke', body).set('accept', 'text/csv');
    expect((await neg).text).toBe('-1,-2\n-3,-4\n-5,-6\n');
  });

  test('MLflow answers in JSON, regardless of Accept', async () => {
    const body = 'text,id,flag,size\na,1,1,1\n';
    const call = post(mlflow, '/invocations', body, 'text/csv').set('accept', 'image/png');
    expect((await call).status).toBe(200);
  });
});

test('inputs that share a dimension and disagree on its length are rejected, and both are named', async () => {
  const inputs = [
    { name: 'text', datatype: 'BYTES', shape: [2], data: ['a', 'b'] },
    { name: 'id', datatype: 'INT64', shape: [2, 1], data: [1, 2] },
    { name: 'flag', datatype: 'BOOL', shape: [2], data: [true, false] },
    { name: 'size', datatype: 'FP32', shape: [3], data: [1, 2, 3] },
  ];
  const wrong = await post(aws, '/v2/models/shared/infer', { inputs }).expect(400);
  expect(wrong.text).toContain('tensor \\"size\\": expected a length of 2');
  expect(wrong.text).toContain('tensor \\"text\\" is the same (\\"n\\"), found 3');
  const columns = { text: ['a'], id: [[1], [2]], flag: [true], size: [1] };
  await post(aws, '/v1/models/shared:predict', { inputs: columns }).expect(400);
  const right = inputs.map((input) =>
    input.name === 'size' ? { ...input, shape: [2], data: [1, 2] } : input,
  );
  await post(aws, '/v2/models/shared/infer', { inputs: right }).expect(200);
});

test('a length that only the file knows is the fault of the request, not of the server', async () => {
  const tensor = { name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] };
  const response = await post(aws, '/v2/models/open/infer', { inputs: [tensor] }).expect(400);
  expect(response.text).toContain('Got invalid dimensions for input: x');
  expect(response.text).toContain('Got: 3 Expected: 2');
  expect(response.text).not.toContain('Please fix');
  const right = { ...tensor, shape: [1, 2], data: [1, 2] };
  await post(aws, '/v2/models/open/infer', { inputs: [right] }).expect(200);
});

describe('a model whose name is that of a route', () => {
  const named = [
    'stats',
    'ready',
    'versions',
    'metadata',
    'infer',
    'invoke',
    'index',
    'models',
    'constructor',
  ];
  const tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] };

  test.each(named)('%s has all its inputs', async (model) => {
    const get = (path: string) => request(aws).get(path);
    const metadata = { name: model, versions: ['1'], inputs: [{ name: 'x' }] };
    for (const path of [`/v2/models/${model}`, `/v2/models/${model}/versions/1`])
      expect((await get(path).expect(200)).body).toMatchObject(metadata);
    await get(`/v2/models/${model}/ready`).expect(200, { name: model, ready: true });
    const statistics = await get(`/v2/models/${model}/stats`).expect(200);
    expect(statistics.body).toMatchObject({ model_stats: [{ name: model }] });
    const infer = await post(aws, `/v2/models/${model}/infer`, { inputs: [tensor] }).expect(200);
    expect(infer.body).toMatchObject({ model_name: model, outputs: [{ data: [-1, -2] }] });
    await get(`/v1/models/${model}`).expect(200);
    await get(`/v1/models/${model}/metadata`).expect(200);
    const predictions = { predictions: [[-1, -2]] };
    await post(aws, `/v1/models/${model}:predict`, { instances: [[1, 2]] }).expect(
      200,
      predictions,
    );
    await get(`/models/${model}`).expect(200, { modelName: model, modelUrl: model });
    await post(aws, `/models/${model}/invoke`, { instances: [[1, 2]] }).expect(200, predictions);
  });
});
