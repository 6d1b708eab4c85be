import { request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { eventually } from '@fairlead/test-support';
import { createLogger, requestLog } from '../src/index.ts';
import type { RequestLogOptions } from '../src/index.ts';
import { listeningServer } from './listening-server.ts';
import { LogLines } from './log-lines.ts';

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

async function loggedServer(
  handler: Handler,
  options: Partial<RequestLogOptions> = {},
): Promise<{ readonly url: string; readonly lines: LogLines }> {
  const lines = new LogLines();
  const logger = createLogger({ destination: lines, service: 'gateway', level: 'debug' });
  const log = requestLog({ logger, ...options });
  const { url } = await listeningServer((req, res) => {
    log(req, res, () => {
      handler(req, res);
    });
  });
  return { url, lines };
}

async function entriesOf(lines: LogLines, count: number): Promise<Record<string, unknown>[]> {
  return eventually(() => {
    const { entries } = lines;
    expect(entries).toHaveLength(count);
    return entries;
  });
}

describe('requestLog', () => {
  test('is middleware of node:http and accepts any logger with three methods', () => {
    const nothing = () => undefined;
    const logger = { debug: nothing, info: nothing, warn: nothing };
    expectTypeOf(requestLog({ logger })).toEqualTypeOf<
      (req: IncomingMessage, res: ServerResponse, next: () => void) => void
    >();
  });

  test('logs the trace of a request, read at its end; nothing without one', async () => {
    let trace: { traceId: string; spanId: string } | undefined;
    const { url, lines } = await loggedServer(
      (req, res) => {
        if (req.url === '/traced') trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
        res.end();
      },
      { trace: () => trace },
    );
    await fetch(`${url}/`);
    await entriesOf(lines, 1);
    await fetch(`${url}/traced`);
    const [plain, traced] = await entriesOf(lines, 2);
    expect(plain).not.toHaveProperty('trace_id');
    expect(plain).not.toHaveProperty('span_id');
    expect(traced).toMatchObject({ trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) });
  });

  test('writes one line at the end of a request', async () => {
    let nowMs = 0;
    const { url, lines } = await loggedServer(
      (_req, res) => {
        nowMs += 12.3456789;
        res.setHeader('x-request-id', 'req-1');
        res.setHeader('fairlead-model', 'digits');
        res.setHeader('fairlead-version', '3');
        res.end('{}');
      },
      { now: () => nowMs },
    );
    await fetch(`${url}/v2/models/digits/infer?key=1#f`, { method: 'POST', body: '{}' });
    const [entry] = await entriesOf(lines, 1);
    expect(entry).toEqual({
      level: 'info',
      time: expect.any(String) as string,
      service: 'gateway',
      requestId: 'req-1',
      method: 'POST',
      path: '/v2/models/digits/infer',
      status: 200,
      durationMs: 12.346,
      outcome: 'completed',
      model: 'digits',
      version: '3',
      msg: 'request',
    });
  });

  test.each([
    ['an object', { 'X-Request-Id': 'req-1', 'Fairlead-Model': 'digits', 'fairlead-version': '3' }],
    ['a flat list', ['X-Request-Id', 'req-1', 'Fairlead-Model', 'digits', 'fairlead-version', '3']],
  ])('sees headers that are given to writeHead alone, as %s', async (_form, headers) => {
    const { url, lines } = await loggedServer((_req, res) => {
      res.writeHead(200, headers).end();
    });
    const response = await fetch(url);
    expect(response.headers.get('fairlead-model')).toBe('digits');
    const [entry] = await entriesOf(lines, 1);
    expect(entry).toMatchObject({ requestId: 'req-1', model: 'digits', version: '3' });
  });

  test('does not change writeHead, status message included', async () => {
    const { url } = await loggedServer((_req, res) => {
      const returned = res.writeHead(202, 'Taken In', { 'x-own': 'yes' });
      expect(returned).toBe(res);
      returned.end('body');
    });
    const response = await fetch(url);
    expect([response.status, response.statusText, response.headers.get('x-own')]).toEqual([
      202,
      'Taken In',
      'yes',
    ]);
    expect(await response.text()).toBe('body');
  });

  test('uses the id of the request when the response has none, cut to 128 characters', async () => {
    const { url, lines } = await loggedServer((_req, res) => {
      res.end();
    });
    await fetch(url, { headers: { 'x-request-id': 'i'.repeat(1000) } });
    await fetch(url);
    const [named, unnamed] = await entriesOf(lines, 2);
    expect(named?.requestId).toBe('i'.repeat(128));
    expect(unnamed).not.toHaveProperty('requestId');
    expect(unnamed).not.toHaveProperty('model');
  });

  test('reads the id from another header, or from a function', async () => {
    const one = await loggedServer(
      (_req, res) => {
        res.setHeader('X-Amzn-Trace-Id', 'trace-1').end();
      },
      { requestId: 'X-Amzn-Trace-Id' },
    );
    await fetch(one.url);
    expect((await entriesOf(one.lines, 1))[0]).toMatchObject({ requestId: 'trace-1' });

    const two = await loggedServer(
      (_req, res) => {
        res.end();
      },
      { requestId: (req, res) => `${req.method ?? ''}-${res.statusCode}` },
    );
    await fetch(two.url);
    expect((await entriesOf(two.lines, 1))[0]).toMatchObject({ requestId: 'GET-200' });
  });

  test('logs server errors at warn and client errors at info', async () => {
    const { url, lines } = await loggedServer((req, res) => {
      res.writeHead(Number(req.url?.slice(1))).end();
    });
    for (const code of [200, 404, 500, 503]) await fetch(`${url}/${code}`);
    const entries = await entriesOf(lines, 4);
    expect(entries.map(({ status, level }) => [status, level])).toEqual([
      [200, 'info'],
      [404, 'info'],
      [500, 'warn'],
      [503, 'warn'],
    ]);
  });

  test('logs health checks at debug, by default or by the function given', async () => {
    const answer: Handler = (_req, res) => {
      res.writeHead(503).end();
    };
    const one = await loggedServer(answer);
    await fetch(`${one.url}/v2/health/ready?x=1`);
    await fetch(`${one.url}/ping`);
    await fetch(`${one.url}/pings`);
    expect((await entriesOf(one.lines, 3)).map(({ level }) => level)).toEqual([
      'debug',
      'debug',
      'warn',
    ]);
    const two = await loggedServer(answer, { isHealthCheck: (path) => path === '/up' });
    await fetch(`${two.url}/up`);
    await fetch(`${two.url}/ping`);
    expect((await entriesOf(two.lines, 2)).map(({ level }) => level)).toEqual(['debug', 'warn']);
  });

  test('logs a disconnected client as aborted, without a status that was never sent', async () => {
    const { url, lines } = await loggedServer(() => {
      client.destroy();
    });
    const client = request(`${url}/slow`);
    client.on('error', () => undefined);
    client.end();
    const [entry] = await entriesOf(lines, 1);
    expect(entry).toMatchObject({ outcome: 'aborted', path: '/slow', level: 'info' });
    expect(entry).not.toHaveProperty('status');
  });

  test('logs a client that disconnects during the response with the status it received', async () => {
    const { url, lines } = await loggedServer((_req, res) => {
      res.writeHead(200);
      res.write('half');
    });
    const response = await fetch(url);
    await response.body?.cancel();
    expect((await entriesOf(lines, 1))[0]).toMatchObject({ outcome: 'aborted', status: 200 });
  });

  test('keeps working when its functions throw, and logs the error on the line', async () => {
    const { url, lines } = await loggedServer(
      (_req, res) => {
        res.end();
      },
      {
        requestId: () => {
          throw new Error('no id today');
        },
      },
    );
    await fetch(`${url}/a`);
    expect((await entriesOf(lines, 1))[0]).toMatchObject({
      path: '/a',
      status: 200,
      err: { message: 'no id today' },
    });
  });

  test.each([
    [
      'requestId',
      () => Promise.resolve('7'),
      'requestId() returned a promise; it must return a string',
    ],
    ['requestId', () => 7, 'requestId() returned 7; it must return a string or undefined'],
    ['isHealthCheck', () => Promise.resolve(false), 'isHealthCheck() returned a promise'],
    ['trace', () => Promise.reject(new Error('no span')), 'trace() returned a promise'],
  ])('logs at warn and says so where %s returns what it must not', async (name, call, message) => {
    const { url, lines } = await loggedServer(
      (_req, res) => {
        res.statusCode = 500;
        res.end();
      },
      { [name]: call },
    );
    await fetch(url);
    const [entry] = await entriesOf(lines, 1);
    expect(entry).toMatchObject({ level: 'warn', status: 500 });
    expect((entry?.err as { message: string }).message).toContain(message);
  });

  test('logs a request once that passes it twice', async () => {
    const lines = new LogLines();
    const logger = createLogger({ destination: lines, service: 'gateway' });
    const log = requestLog({ logger });
    const app = express()
      .use(log)
      .use('/v2', log)
      .use((_req, res) => void res.end());
    const { url } = await listeningServer(app);
    await fetch(`${url}/v2/models`);
    await fetch(`${url}/last`);
    expect((await entriesOf(lines, 2)).map(({ path }) => path)).toEqual(['/v2/models', '/last']);
  });

  test('logs a response whose connection had closed before', async () => {
    const lines = new LogLines();
    const log = requestLog({ logger: createLogger({ destination: lines, service: 'gateway' }) });
    const { url } = await listeningServer((req, res) => {
      res.once('close', () => {
        log(req, res, () => undefined);
      });
      res.destroy();
    });
    await fetch(`${url}/late`).catch(() => undefined);
    expect((await entriesOf(lines, 1))[0]).toMatchObject({ path: '/late', outcome: 'aborted' });
  });

  test('cuts a long path', async () => {
    const { url, lines } = await loggedServer((_req, res) => {
      res.end();
    });
    await fetch(`${url}/${'a'.repeat(5000)}`);
    expect(String((await entriesOf(lines, 1))[0]?.path)).toHaveLength(512);
  });

  test('logs the whole path in a mounted Express router', async () => {
    const lines = new LogLines();
    const logger = createLogger({ destination: lines, service: 'gateway' });
    const app = express();
    app.use('/api', requestLog({ logger }), (_req, res) => {
      res.json({ ok: true });
    });
    const { url } = await listeningServer(app);
    await fetch(`${url}/api/things?q=1`);
    expect((await entriesOf(lines, 1))[0]).toMatchObject({ path: '/api/things', status: 200 });
  });

  test('writes neither bodies nor keys nor queries, of requests or responses', async () => {
    const sentinel = 'sentinel-7f3a9c';
    const { url, lines } = await loggedServer((req, res) => {
      req.resume();
      res.setHeader('set-cookie', sentinel);
      res.setHeader('x-answer', sentinel);
      res.statusCode = 500;
      req.on('end', () => res.end(sentinel));
    });
    await fetch(`${url}/infer?api_key=${sentinel}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${sentinel}`,
        'x-api-key': sentinel,
        cookie: sentinel,
        referer: `http://127.0.0.1/?token=${sentinel}`,
        'user-agent': sentinel,
      },
      body: sentinel,
    });
    await entriesOf(lines, 1);
    expect(lines.text).not.toContain(sentinel);
  });
});
