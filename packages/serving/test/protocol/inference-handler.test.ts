import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inferenceHandler, ModelServer, type InferenceHandlerOptions } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

const models = new ModelServer({
  source: new MemorySource([{ signature: affine }]),
  runtimes: { onnx: onnxRuntime() },
});
const servers: Server[] = [];
let server: Server;

async function listen(handler: RequestListener): Promise<Server> {
  const listening = createServer(handler).listen(0, '127.0.0.1');
  servers.push(listening);
  await once(listening, 'listening');
  return listening;
}

const bare = (options?: InferenceHandlerOptions): RequestListener => {
  const handler = inferenceHandler(models, options);
  return (req, res) => {
    handler(req, res);
  };
};

beforeAll(async () => {
  await models.serve('m');
  server = await listen(bare({ maxBodyBytes: 10_000 }));
});
afterAll(async () => {
  for (const each of servers) each.close();
  await models.close();
});

const extensions = ['binary_tensor_data', 'classification', 'statistics'];
const tensor = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] };
const infer = (body: unknown, path = '/v2/models/m/infer') =>
  request(server)
    .post(path)
    .set('content-type', 'application/json')
    .send(typeof body === 'string' ? body : JSON.stringify(body));

describe('reading', () => {
  test.each([
    ['/v2', { name: 'fairlead', version: '0', extensions }],
    ['/v2/', { name: 'fairlead', version: '0', extensions }],
    ['/v2/health/live', { live: true }],
    ['/v2/health/ready?verbose', { live: true, ready: true }],
    ['/v2/models/m/ready', { name: 'm', ready: true }],
    ['/v2/models/m/versions/1/ready', { name: 'm', ready: true }],
    ['/v2/models/%6D', { name: 'm', versions: ['1'], platform: 'onnx_onnxv1', ...affine }],
  ])('GET %s', async (path, body) => {
    await request(server).get(path).expect(200, body).expect('content-type', 'application/json');
  });

  test('HEAD answers without a body', async () => {
    const response = await request(server).head('/v2/health/live').expect(200);
    expect(response.text).toBeFalsy();
  });

  test.each([
    ['GET', '/v2/models/x', 404, 'no model "x" is served; served: "m"'],
    ['GET', '/v2/models/m/versions/9', 404, 'no version 9 loaded'],
    ['GET', '/v2/models/m/versions/', 404, 'no route matches'],
    ['GET', '/v2/models/%zz', 404, 'no route matches'],
    ['GET', '/v2/models/m/toString', 404, 'no route matches'],
    ['GET', '/v3', 404, 'no route matches'],
    ['POST', '/v2/health/live', 405, 'use GET or HEAD for this path, not POST'],
    ['GET', '/v2/models/m/infer', 405, 'use POST for this path, not GET'],
  ])('%s %s is refused', async (method, path, status, message) => {
    const agent = request(server);
    const response = await (method === 'GET' ? agent.get(path) : agent.post(path));
    expect(response.status).toBe(status);
    expect((response.body as { error: string }).error).toContain(message);
  });
});

describe('a repeated key', () => {
  const { name, shape, datatype } = tensor;
  const values = `"shape":${JSON.stringify(shape)},"datatype":"${datatype}"`;
  test.each([
    ['in the request', `{"id":"1","inputs":[${JSON.stringify(tensor)}],"id":"2"}`, 'id'],
    ['in a tensor', `{"inputs":[{"name":"${name}",${values},"data":[1,2],"data":[3,4]}]}`, 'data'],
    [
      'spelled with an escape',
      `{"inputs":[{"name":"${name}",${values},"data":[1,2],"d\\u0061ta":[3,4]}]}`,
      'data',
    ],
    ['__proto__', `{"inputs":[],"__proto__":1,"__proto__":{}}`, '__proto__'],
  ])('%s is refused by its name', async (_where, body, key) => {
    const response = await infer(body).expect(400);
    expect(response.body).toEqual({
      error: `the JSON has the key "${key}" twice in one object; name it once`,
    });
  });

  test('colons, quotes and braces inside strings repeat nothing', async () => {
    const id = '{"id":"id","id":":"}';
    const response = await infer({ id, inputs: [tensor] }).expect(200);
    expect(response.body).toMatchObject({ id });
  });
});

describe('inference', () => {
  test('answers in the form of the protocol, and names the version in headers', async () => {
    const response = await infer({ id: '7', inputs: [tensor] }).expect(200);
    expect(response.body).toEqual({
      model_name: 'm',
      model_version: '1',
      id: '7',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [3, 5] }],
    });
    expect(response.headers).toMatchObject({ 'fairlead-model': 'm', 'fairlead-version': '1' });
  });

  test.each([
    ['nested data', { inputs: [{ ...tensor, data: [[1, 2]] }] }],
    ['one requested output', { inputs: [tensor], outputs: [{ name: 'y' }] }],
    ['an empty list of outputs', { inputs: [tensor], outputs: [] }],
    ['an id that is null', { id: null, inputs: [tensor] }],
    ['outputs that are null', { inputs: [tensor], outputs: null }],
    ['parameters that are null', { inputs: [tensor], parameters: null }],
    [
      'null in each parameter',
      {
        inputs: [{ ...tensor, parameters: { binary_data_size: null } }],
        outputs: [{ name: 'y', parameters: { binary_data: null, classification: null } }],
        parameters: { timeout: null, priority: null, binary_data_output: null },
      },
    ],
    ['parameters of a tensor that are null', { inputs: [{ ...tensor, parameters: null }] }],
    [
      'parameters of an output that are null',
      { inputs: [tensor], outputs: [{ name: 'y', parameters: null }] },
    ],
    ['parameters that it does not know', { inputs: [tensor], parameters: { unknown: 1 } }],
  ])('takes %s', async (_name, body) => {
    const response = await infer(body).expect(200);
    expect((response.body as { outputs: { data: number[] }[] }).outputs[0]?.data).toEqual([3, 5]);
  });

  test('null in the data is NaN, and NaN in the answer is null', async () => {
    const response = await infer({ inputs: [{ ...tensor, data: [null, 2] }] }).expect(200);
    expect(response.body).toMatchObject({ outputs: [{ data: [null, 5] }] });
  });

  test('the version in the path answers', async () => {
    await infer({ inputs: [tensor] }, '/v2/models/m/versions/1/infer').expect(200);
  });

  test.each([
    'application/json;',
    'Application/JSON ; ; Charset="UTF-8"',
    'application/json;charset="utf\\-8";',
    'application/json;note="a;charset=latin-1"',
  ])('the media type %j is JSON', async (type) => {
    const call = request(server).post('/v2/models/m/infer').set('content-type', type);
    await call.send(JSON.stringify({ inputs: [tensor] })).expect(200);
  });

  test('no Content-Type is taken for JSON, as tritonclient has it', async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const body = JSON.stringify({ inputs: [tensor] });
    socket.write(
      `POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
  });

  test.each<[string, unknown, number, string]>([
    ['no body', '', 400, 'the body is empty'],
    ['broken JSON', '{"inputs":', 400, 'the body is not JSON'],
    ['a list', [], 400, 'must be a JSON object: {"inputs":['],
    ['no inputs', {}, 400, '"inputs" must be a list'],
    ['an input that is no tensor', { inputs: [3] }, 400, 'expected an object, found 3'],
    ['an id that is no string', { id: 3, inputs: [tensor] }, 400, '"id" must be a string'],
    [
      'a missing input',
      { inputs: [] },
      400,
      'tensor "x": expected FP32 of shape [any,2], found no such tensor',
    ],
    ['a wrong name', { inputs: [{ ...tensor, name: 'z' }] }, 400, 'expected only "x"'],
    [
      'a wrong datatype',
      { inputs: [{ ...tensor, datatype: 'FP64' }] },
      400,
      'expected datatype FP32, found FP64',
    ],
    [
      'a wrong shape',
      { inputs: [{ ...tensor, shape: [2] }] },
      400,
      'expected shape [any,2], found [2]',
    ],
    ['a wrong count', { inputs: [{ ...tensor, data: [1] }] }, 400, 'expected 2 elements'],
    [
      'NaN',
      '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,NaN]}]}',
      400,
      'write null in place of NaN',
    ],
    ['an unknown output', { inputs: [tensor], outputs: [{ name: 'z' }] }, 400, 'output "z"'],
    ['an output without a name', { inputs: [tensor], outputs: ['y'] }, 400, '"name"'],
    ['nesting of 100', `{"inputs":${'['.repeat(99)}${']'.repeat(99)}}`, 400, 'a "name"'],
    ['nesting of 101', `{"inputs":${'['.repeat(100)}${']'.repeat(100)}}`, 400, 'deeper than 100'],
    ['a body over the limit', ' '.repeat(10_001), 413, 'larger than 10000 bytes'],
  ])('%s', async (_name, body, status, message) => {
    const response = await infer(body);
    expect(response.status).toBe(status);
    expect((response.body as { error: string }).error).toContain(message);
    await infer({ inputs: [tensor] }).expect(200);
  });

  test('brackets in strings are no nesting', async () => {
    await infer(
      `{"id":${JSON.stringify('[{"\\'.repeat(120))},"inputs":[${JSON.stringify(tensor)}]}`,
    ).expect(200);
  });

  test.each([
    ['content-type', 'text/plain'],
    ['content-encoding', 'br'],
  ])('%s: %s is refused', async (header, value) => {
    await infer({ inputs: [tensor] })
      .set(header, value)
      .expect(415);
  });

  test('bytes that are not UTF-8 are refused', async () => {
    const body = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const response = await request(server)
      .post('/v2/models/m/infer')
      .set('content-type', 'application/json')
      .send(body.toString('latin1'))
      .expect(400);
    expect(response.body).toHaveProperty('error');
    const raw = await fetch(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/models/m/infer`,
      { method: 'POST', body },
    );
    expect(await raw.json()).toEqual({ error: 'the body is not UTF-8' });
  });

  test('a chunked body without length is bounded too, and its client reads the answer', async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let chunk = 0; chunk < 50; chunk++) controller.enqueue(Buffer.alloc(10_000, ' '));
        controller.close();
      },
    });
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/v2/models/m/infer`, {
      method: 'POST',
      body,
      duplex: 'half',
    });
    expect(response.status).toBe(413);
  });
});

describe('statistics', () => {
  test('requests, rows, executions and failures add up', async () => {
    interface Stats {
      readonly inference_count: number;
      readonly execution_count: number;
      readonly inference_stats: Record<
        'success' | 'fail',
        { readonly count: number; readonly ns: number }
      >;
      readonly batch_stats: readonly {
        readonly batch_size: number;
        readonly compute_infer: { readonly count: number };
      }[];
    }
    const read = async (path: string): Promise<Stats> => {
      const response = await request(server).get(path).expect(200);
      return (response.body as { model_stats: [Stats] }).model_stats[0];
    };
    const before = await read('/v2/models/m/stats');
    const rows = { ...tensor, shape: [3, 2], data: [1, 2, 3, 4, 5, 6] };
    await Promise.all([
      infer({ inputs: [tensor] }),
      infer({ inputs: [rows] }),
      infer({ inputs: [] }),
    ]);
    const after = await read('/v2/models/stats');
    expect(after.inference_count - before.inference_count).toBe(4);
    expect(after.inference_stats.success.count - before.inference_stats.success.count).toBe(2);
    expect(after.inference_stats.fail.count - before.inference_stats.fail.count).toBe(1);
    expect(after.inference_stats.success.ns).toBeGreaterThan(before.inference_stats.success.ns);
    const executed = (stats: Stats) =>
      stats.batch_stats.reduce(
        (sum, { batch_size: size, compute_infer: { count } }) => sum + size * count,
        0,
      );
    expect(executed(after) - executed(before)).toBe(4);
    await request(server).get('/v2/models/x/stats').expect(404);
  });
});

describe('in Express', () => {
  test('passes other paths to next, and reads the body itself', async () => {
    const app = express();
    app.use(inferenceHandler(models));
    app.use(express.json());
    app.post('/other', (req, res) => {
      res.json(req.body);
    });
    await request(app).post('/other').send({ a: 1 }).expect(200, { a: 1 });
    await request(app)
      .post('/v2/models/m/infer')
      .send({ inputs: [tensor] })
      .expect(200);
  });

  test('takes a body that express.raw read', async () => {
    const app = express();
    app.use(
      express.raw({ type: 'application/json' }),
      inferenceHandler(models, { maxBodyBytes: 200 }),
    );
    await request(app)
      .post('/v2/models/m/infer')
      .send({ inputs: [tensor] })
      .expect(200);
    await request(app)
      .post('/v2/models/m/infer')
      .send({ id: ' '.repeat(200), inputs: [tensor] })
      .expect(413);
  });

  test('answers 500 at once when the body was consumed before, as Fastify does', async () => {
    const errors: unknown[] = [];
    const handler = bare({ onError: (error) => errors.push(error) });
    const consuming = await listen((req, res) => {
      req.resume().on('end', () => {
        setImmediate(() => {
          handler(req, res);
        });
      });
    });
    const response = await request(consuming)
      .post('/v2/models/m/infer')
      .send({ inputs: [tensor] })
      .timeout(5000);
    expect(response.status).toBe(500);
    expect((response.body as { error: string }).error).toContain('in Fastify, pass requests');
    expect(errors).toMatchObject([{ code: 'ERR_SERVING_INVALID_OPTION' }]);
  });

  test('says what to do when express.json() was mounted before it', async () => {
    const errors: unknown[] = [];
    const app = express();
    app.use(express.json(), inferenceHandler(models, { onError: (error) => errors.push(error) }));
    await request(app)
      .post('/v2/models/m/infer')
      .send({ inputs: [tensor] })
      .expect(500, /mount the inference handler before express.json/);
    expect(errors).toHaveLength(1);
  });
});

test.each([0, 1.5, NaN])('maxBodyBytes of %s is refused at once', (maxBodyBytes) => {
  expect(() => inferenceHandler(models, { maxBodyBytes })).toThrow(
    `maxBodyBytes is ${maxBodyBytes}`,
  );
});
