import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Tensor } from '@fairlead/signature';
import { ModelServer, ServingError, type Runtime } from '@fairlead/serving';
import {
  upstreamRuntime,
  type UpstreamOptions,
  type UpstreamRuntime,
} from '@fairlead/serving/upstream';
import { until } from '@fairlead/test-support/polling';
import { affine, MemorySource } from '../memory-source.ts';

const servers: Server[] = [];
const runtimes: UpstreamRuntime[] = [];
afterEach(async () => {
  await Promise.all(runtimes.splice(0).map((runtime) => runtime.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(handler: RequestListener, path?: string): Promise<Server> {
  const server = createServer(handler);
  servers.push(server);
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function load(
  options: UpstreamOptions,
  runtimeOptions: Record<string, unknown> = { upstream: 'py', model: 'affine/py' },
): Promise<Runtime> {
  const factory = upstreamRuntime({ py: options });
  runtimes.push(factory);
  const source = new MemorySource([
    { signature: affine, runtime: { name: 'upstream', options: runtimeOptions } },
  ]);
  return factory.load(await source.openVersion('m', 1), { onEvent: () => undefined });
}

async function read(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) text += String(chunk);
  return text;
}

/** Speaks the Open Inference Protocol for y = 2 x + 1, as a Python service would. */
const affineService = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
  if (req.method === 'GET') {
    res.end('{}');
    return;
  }
  const { inputs } = JSON.parse(await read(req)) as {
    inputs: { shape: number[]; data: number[] }[];
  };
  const [x] = inputs;
  res.end(
    JSON.stringify({
      model_name: 'affine',
      outputs: [
        {
          name: 'y',
          datatype: 'FP32',
          shape: x?.shape,
          data: x?.data.map((value) => 2 * value + 1),
        },
      ],
    }),
  );
};
const serve: RequestListener = (req, res) => void affineService(req, res);

const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: new Float32Array([1, 2]) };
const never = new AbortController().signal;
const context = { signal: never, requestIds: ['r1', 'r2'], ownsInputs: false };

async function failure(runtime: Runtime, signal = never): Promise<ServingError> {
  try {
    await runtime.execute([x], { ...context, signal });
  } catch (error) {
    expect(error).toBeInstanceOf(ServingError);
    return error as ServingError;
  }
  throw new Error('it did not fail');
}

describe('a healthy upstream', () => {
  test('answers by TCP; the path names its own model, and the request id is forwarded', async () => {
    const seen: (string | undefined)[] = [];
    const server = await listen((req, res) => {
      seen.push(req.url, String(req.headers['x-request-id']), req.headers.connection);
      serve(req, res);
    });
    const runtime = await load({ url: urlOf(server) });
    const { outputs } = await runtime.execute([x], context);
    expect(outputs).toEqual([
      { name: 'y', datatype: 'FP32', shape: [1, 2], data: new Float32Array([3, 5]) },
    ]);
    expect(seen).toEqual(['/v2/models/affine%2Fpy/infer', 'r1', 'close']);
    expect(await runtime.unhealthy()).toBeUndefined();
  });

  test('answers by a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
    await listen(serve, join(folder, 's'));
    const runtime = await load({ url: `unix:${join(folder, 's')}` });
    expect((await runtime.execute([x], context)).outputs).toHaveLength(1);
    rmSync(folder, { recursive: true });
  });

  test('gets at most the configured number of connections', async () => {
    let open = 0;
    let most = 0;
    const server = await listen((req, res) => {
      open += 1;
      most = Math.max(most, open);
      res.on('close', () => {
        open -= 1;
      });
      void until(() => most === 3)
        .then(() => sleep(5))
        .then(() => {
          serve(req, res);
        });
    });
    const runtime = await load({ url: urlOf(server), connections: 3 });
    await Promise.all(Array.from({ length: 30 }, () => runtime.execute([x], context)));
    expect(most).toBe(3);
  });

  test('uses connections again where it may', async () => {
    let connections = 0;
    const server = await listen(serve);
    server.on('connection', () => {
      connections += 1;
    });
    const runtime = await load({ url: urlOf(server), connections: 1, keepAlive: true });
    for (let round = 0; round < 5; round++) await runtime.execute([x], context);
    expect(connections).toBe(1);
  });
});

describe('an upstream that fails', () => {
  const answering = (status: number, body: string, headers: Record<string, string> = {}) =>
    listen((req, res) => {
      req.resume();
      res.writeHead(status, headers).end(body);
    });
  const good = { name: 'y', datatype: 'FP32', shape: [1, 2], data: [3, 5] };

  test.each<[string, number, string, string, RegExp]>([
    [
      '400 is the request of the caller',
      400,
      '{"error":"pixel 3 is odd"}',
      'ERR_SERVING_BAD_REQUEST',
      /refused: pixel 3 is odd/,
    ],
    [
      '413 is a request that is too large for it',
      413,
      '',
      'ERR_SERVING_BODY_TOO_LARGE',
      /send less at once/,
    ],
    [
      '431 is the request of the caller',
      431,
      '',
      'ERR_SERVING_BAD_REQUEST',
      /refused: no reason given/,
    ],
    [
      '503 is a matter of time',
      503,
      '{"error":"busy"}',
      'ERR_SERVING_OVERLOADED',
      /no capacity: busy/,
    ],
    [
      '500 is a failure',
      500,
      '<html>Traceback',
      'ERR_SERVING_UPSTREAM_FAILED',
      /answered 500: no reason given/,
    ],
    [
      'an answer that is no JSON',
      200,
      'hello',
      'ERR_SERVING_UPSTREAM_FAILED',
      /not an inference response/,
    ],
    [
      'an answer without outputs',
      200,
      '{}',
      'ERR_SERVING_UPSTREAM_FAILED',
      /not an inference response/,
    ],
    [
      'an output of the wrong shape',
      200,
      JSON.stringify({ outputs: [{ ...good, shape: [2] }] }),
      'ERR_SERVING_UPSTREAM_FAILED',
      /expected shape \[any,2\], found \[2\]/,
    ],
    [
      'an output too many',
      200,
      JSON.stringify({ outputs: [good, { ...good, name: 'z' }] }),
      'ERR_SERVING_UPSTREAM_FAILED',
      /expected only "y"/,
    ],
  ])('%s', async (_name, status, body, code, message) => {
    const error = await failure(await load({ url: urlOf(await answering(status, body)) }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('a redirect is not followed', async () => {
    let reached = false;
    const target = await listen((_req, res) => {
      reached = true;
      res.end();
    });
    const server = await answering(307, '', { location: `${urlOf(target)}/v2` });
    expect((await failure(await load({ url: urlOf(server) }))).message).toContain('answered 307');
    expect(reached).toBe(false);
  });

  test('no listener: unreachable, and the address is not in the error', async () => {
    const server = await listen(serve);
    const url = urlOf(server);
    server.close();
    await once(server, 'close');
    const runtime = await load({ url });
    const error = await failure(runtime);
    expect(error.code).toBe('ERR_SERVING_UPSTREAM_UNREACHABLE');
    expect(error.message).toBe('upstream "py" can\'t be reached: ECONNREFUSED');
    expect(await runtime.unhealthy()).toContain("can't be reached");
  });

  test('a connection that breaks off', async () => {
    const server = await listen((_req, res) => {
      res.write('{"out');
      setImmediate(() => res.destroy());
    });
    expect((await failure(await load({ url: urlOf(server) }))).code).toBe(
      'ERR_SERVING_UPSTREAM_FAILED',
    );
  });

  test('an answer that is too large', async () => {
    const error = await failure(
      await load({ url: urlOf(await answering(200, ' '.repeat(5000))), maxResponseBytes: 1000 }),
    );
    expect(error.message).toContain('UND_ERR_RES_EXCEEDED_MAX_SIZE');
  });

  test('no answer in time', async () => {
    const server = await listen((req) => req.resume());
    const error = await failure(await load({ url: urlOf(server), timeoutMs: 50 }));
    expect(error.message).toBe('upstream "py" failed: gave no answer within 50 ms');
  });

  test('a load has time for an upstream that still imports its libraries, a request has not', async () => {
    const started = Promise.withResolvers<unknown>();
    const server = await listen((req, res) => {
      started.promise.then(
        () => {
          if (!req.socket.destroyed) serve(req, res);
        },
        () => undefined,
      );
    });
    const py = { url: urlOf(server), timeoutMs: 50, loadTimeoutMs: 30_000 };
    const runtime = upstreamRuntime({ py });
    runtimes.push(runtime);
    const events: string[] = [];
    const models = new ModelServer({
      source: new MemorySource([
        { signature: affine, runtime: { name: 'upstream', options: { upstream: 'py' } } },
      ]),
      runtimes: { upstream: runtime },
      onEvent: ({ type }) => events.push(type),
    });
    const served = models.serve('m');
    expect(await failure(await load(py))).toMatchObject({
      message: 'upstream "py" failed: gave no answer within 50 ms',
    });
    await sleep(300);
    started.resolve(undefined);
    await served;
    expect(await models.ready()).toBe(true);
    expect(events).toEqual(['swapped']);
    await models.close();
  });

  test('a caller who leaves ends the request upstream', async () => {
    const client = new AbortController();
    const server = await listen((req) => {
      req.resume();
      client.abort();
    });
    const closed = new Promise((resolve) =>
      server.on('connection', (socket) => socket.on('close', resolve)),
    );
    expect((await failure(await load({ url: urlOf(server) }), client.signal)).code).toBe(
      'ERR_SERVING_CANCELED',
    );
    await closed;
  });

  test.each(['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', 'fe80::1'])(
    'a name that resolves to %s is not connected to, also when it resolved otherwise before',
    async (address) => {
      let lookups = 0;
      const server = await answering(200, '{}');
      const { port } = new URL(urlOf(server));
      const runtime = await load({
        url: `http://models.example:${port}`,
        resolve: (_hostname, _options, callback) => {
          lookups += 1;
          callback(null, [
            lookups === 1
              ? { address: '127.0.0.1', family: 4 }
              : { address, family: isIP(address) },
          ]);
        },
      });
      expect(await runtime.unhealthy()).toBeUndefined();
      const error = await failure(runtime);
      expect(error.code).toBe('ERR_SERVING_UPSTREAM_UNREACHABLE');
      expect(error.message).toContain('EADDRREFUSED');
      expect(lookups).toBe(2);
    },
  );

  test('its readiness is reported when it is not ready', async () => {
    const runtime = await load({ url: urlOf(await answering(503, '{}')) });
    expect(await runtime.unhealthy()).toBe('upstream "py" says 503 to its readiness');
  });
});

describe('configuration', () => {
  test.each([
    ['ftp://host', 'use http://host:port'],
    ['nonsense', 'use http://host:port'],
    ['http://user:secret@host', 'scheme, host and port alone'],
    ['http://host/path', 'scheme, host and port alone'],
    ['http://169.254.169.254', 'never upstreams'],
    ['http://[fe80::1]:80', 'never upstreams'],
    ['http://[fd00:ec2::254]', 'never upstreams'],
    ['http://2852039166', 'never upstreams'],
    ['http://[::ffff:169.254.169.254]', 'never upstreams'],
    ['http://[64:ff9b::a9fe:a9fe]', 'never upstreams'],
    ['http://0xa9.0376.169.254:80', 'never upstreams'],
    ['http://100.100.100.200', 'never upstreams'],
    ['unix:relative', 'absolute path'],
    [`unix:/${'x'.repeat(107)}`, '107 bytes'],
  ])('refuses the address %s', (url, message) => {
    expect(() => upstreamRuntime({ py: { url } })).toThrow(message);
  });

  test('never shows a password', () => {
    expect(() => upstreamRuntime({ py: { url: 'http://user:secret@host' } })).not.toThrow('secret');
  });

  test.each([
    { connections: 0 },
    { timeoutMs: 2 ** 31 },
    { loadTimeoutMs: 0 },
    { maxResponseBytes: 0.5 },
  ])('refuses the options %j', (options) => {
    expect(() => upstreamRuntime({ py: { url: 'http://127.0.0.1', ...options } })).toThrow(
      `upstream "py": ${Object.keys(options)[0] ?? ''}`,
    );
  });

  test.each([
    [{}],
    [{ upstream: 'other' }],
    [{ upstream: '__proto__' }],
    [{ upstream: 'py', model: 3 }],
  ])('refuses a version whose runtime options are %j', async (options) => {
    await expect(load({ url: 'http://127.0.0.1' }, options)).rejects.toMatchObject({
      code: 'ERR_SERVING_LOAD_FAILED',
    });
  });
});
