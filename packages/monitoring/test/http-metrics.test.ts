import { request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import express from 'express';
import { Registry } from 'prom-client';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { eventually } from '@fairlead/test-support';
import { httpMetrics } from '../src/index.ts';
import { listeningServer } from './listening-server.ts';
import { prometheusSamples } from './prometheus-samples.ts';

const routeGroup = (path: string) =>
  path.startsWith('/v2/models/') ? 'infer' : path === '/healthz' ? 'health' : undefined;

async function status(url: string, method = 'GET'): Promise<number> {
  const response = await fetch(url, { method });
  await response.arrayBuffer();
  return response.status;
}

/** Waits until the end of `count` requests was counted, and gives the samples then. */
async function samplesAfter(registry: Registry, count: number): Promise<Map<string, number>> {
  return eventually(async () => {
    const samples = await prometheusSamples(registry);
    const ended = [...samples]
      .filter(([name]) => name.startsWith('http_requests_total{'))
      .reduce((sum, [, value]) => sum + value, 0);
    expect(ended).toBe(count);
    return samples;
  });
}

describe('httpMetrics', () => {
  test('is middleware of node:http', () => {
    expectTypeOf(httpMetrics({ registry: new Registry(), routeGroup })).toEqualTypeOf<
      (req: IncomingMessage, res: ServerResponse, next: () => void) => void
    >();
  });

  test('counts by method, route group and status code on a bare server', async () => {
    const registry = new Registry();
    const measure = httpMetrics({ registry, routeGroup });
    const { url } = await listeningServer((req, res) => {
      measure(req, res, () => {
        res.statusCode = req.url?.includes('missing') === true ? 404 : 200;
        res.end('body');
      });
    });
    await status(`${url}/v2/models/digits/infer?key=1`, 'POST');
    await status(`${url}/v2/models/missing/infer`, 'POST');
    await status(`${url}/healthz?verbose`);
    await status(`${url}/healthz`, 'HEAD');
    await status(`${url}/anything/else`);
    await status(`${url}/anything/more`);
    const samples = await samplesAfter(registry, 6);
    expect(Object.fromEntries([...samples].filter(([name]) => name.includes('_total{')))).toEqual({
      'http_requests_total{method="POST",route="infer",code="200"}': 1,
      'http_requests_total{method="POST",route="infer",code="404"}': 1,
      'http_requests_total{method="GET",route="health",code="200"}': 1,
      'http_requests_total{method="HEAD",route="health",code="200"}': 1,
      'http_requests_total{method="GET",route="other",code="200"}': 2,
    });
    expect(samples.get('http_request_duration_seconds_count{method="POST",route="infer"}')).toBe(2);
    expect(samples.get('http_requests_in_flight')).toBe(0);
  });

  test('uses the whole path within a mounted Express router, and counts errors that Express handles', async () => {
    const registry = new Registry();
    const paths: string[] = [];
    const app = express();
    const router = express.Router();
    router.use(
      httpMetrics({
        registry,
        routeGroup: (path) => {
          paths.push(path);
          return 'api';
        },
      }),
    );
    router.get('/hit', (_req, res) => {
      res.json({});
    });
    router.get('/fail', () => {
      throw Object.assign(new Error('requested by the test'), { expose: false });
    });
    app.use('/api', router);
    const onError: express.ErrorRequestHandler = (error, _req, res, next) => {
      if (res.headersSent) next(error);
      else res.status(500).end();
    };
    app.use(onError);
    const { url } = await listeningServer(app);
    await status(`${url}/api/hit?q=1`);
    await status(`${url}/api/fail`);
    await status(`${url}/api/none`);
    const samples = await samplesAfter(registry, 3);
    expect(paths).toEqual(['/api/hit', '/api/fail', '/api/none']);
    expect(samples.get('http_requests_total{method="GET",route="api",code="200"}')).toBe(1);
    expect(samples.get('http_requests_total{method="GET",route="api",code="500"}')).toBe(1);
    expect(samples.get('http_requests_total{method="GET",route="api",code="404"}')).toBe(1);
  });

  test('counts requests in flight, and clients that disconnect before the response as aborted', async () => {
    const registry = new Registry();
    const measure = httpMetrics({ registry, routeGroup });
    const { url } = await listeningServer((req, res) => {
      measure(req, res, () => {
        // Never answered: the client leaves first.
      });
    });
    const client = request(`${url}/v2/models/slow/infer`, { method: 'POST' });
    client.on('error', () => undefined);
    client.end('{}');
    await eventually(async () => {
      const samples = await prometheusSamples(registry);
      expect(samples.get('http_requests_in_flight')).toBe(1);
    });
    client.destroy();
    const samples = await samplesAfter(registry, 1);
    expect(samples.get('http_requests_total{method="POST",route="infer",code="aborted"}')).toBe(1);
    expect(samples.get('http_requests_in_flight')).toBe(0);
  });

  test('counts a client that disconnects during the response as aborted', async () => {
    const registry = new Registry();
    const measure = httpMetrics({ registry, routeGroup });
    const { url } = await listeningServer((req, res) => {
      measure(req, res, () => {
        res.writeHead(200);
        res.write('the first half');
      });
    });
    const response = await fetch(`${url}/healthz`);
    await response.body?.cancel();
    const samples = await samplesAfter(registry, 1);
    expect(samples.get('http_requests_total{method="GET",route="health",code="aborted"}')).toBe(1);
  });

  test('counts every request of a keep-alive connection, pipelined ones too', async () => {
    const registry = new Registry();
    const measure = httpMetrics({ registry, routeGroup });
    const { port } = await listeningServer((req, res) => {
      measure(req, res, () => {
        res.end();
      });
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(3));
    const samples = await samplesAfter(registry, 3);
    socket.destroy();
    expect(samples.get('http_requests_total{method="GET",route="health",code="200"}')).toBe(3);
  });

  test('measures in seconds with the given clock', async () => {
    const registry = new Registry();
    let nowMs = 1000;
    const measure = httpMetrics({ registry, routeGroup, now: () => nowMs });
    const { url } = await listeningServer((req, res) => {
      measure(req, res, () => {
        nowMs += 75;
        res.end();
      });
    });
    await status(`${url}/healthz`);
    const samples = await samplesAfter(registry, 1);
    expect(samples.get('http_request_duration_seconds_sum{method="GET",route="health"}')).toBe(
      0.075,
    );
  });

  test('creates no more route series than allowed, for any requests', async () => {
    const registry = new Registry();
    const measure = httpMetrics({ registry, routeGroup: (path) => path, maxRouteGroups: 2 });
    const { url } = await listeningServer((req, res) => {
      measure(req, res, () => {
        res.end();
      });
    });
    for (const path of ['/a', '/b', '/c', '/d', '/a']) await status(url + path);
    const samples = await samplesAfter(registry, 5);
    const route = (name: string) =>
      samples.get(`http_requests_total{method="GET",route="${name}",code="200"}`);
    expect([route('/a'), route('/b'), route('other'), route('/c')]).toEqual([2, 1, 2, undefined]);
  });

  test('counts unusual methods together', async () => {
    const registry = new Registry();
    const measure = httpMetrics({ registry, routeGroup });
    const { url } = await listeningServer((req, res) => {
      measure(req, res, () => {
        res.end();
      });
    });
    await status(`${url}/healthz`, 'PROPFIND');
    await status(`${url}/healthz`, 'MKCOL');
    const samples = await samplesAfter(registry, 2);
    expect(samples.get('http_requests_total{method="other",route="health",code="200"}')).toBe(2);
  });

  test.each([
    ['a promise', () => Promise.resolve('infer')],
    ['a promise that rejects', () => Promise.reject(new Error('no table'))],
    ['a number', () => 7],
  ])('counts as "other" where routeGroup returns %s', async (_what, group) => {
    const registry = new Registry();
    const measure = httpMetrics({ registry, routeGroup: group as unknown as () => string });
    const { url } = await listeningServer((req, res) => {
      measure(req, res, () => res.end());
    });
    for (let n = 0; n < 2; n++) await status(url);
    const samples = await samplesAfter(registry, 2);
    expect(samples.get('http_requests_total{method="GET",route="other",code="200"}')).toBe(2);
  });

  test('counts a request once that passes it twice, and each of two middlewares', async () => {
    const [one, other] = [new Registry(), new Registry()];
    const measure = httpMetrics({ registry: one, routeGroup });
    const router = express.Router().use(measure);
    const app = express()
      .use(measure, measure, httpMetrics({ registry: other, routeGroup }))
      .use('/v2', router)
      .use((_req, res) => void res.end());
    const { url } = await listeningServer(app);
    await status(`${url}/v2/models/m/infer`);
    for (const registry of [one, other]) {
      const samples = await samplesAfter(registry, 1);
      expect(samples.get('http_requests_in_flight')).toBe(0);
    }
  });

  test('keeps working when routeGroup throws', async () => {
    const registry = new Registry();
    const measure = httpMetrics({
      registry,
      routeGroup: () => {
        throw new Error('requested by the test');
      },
    });
    const { url } = await listeningServer((req, res) => {
      measure(req, res, () => {
        res.end();
      });
    });
    await status(url);
    const samples = await samplesAfter(registry, 1);
    expect(samples.get('http_requests_total{method="GET",route="other",code="200"}')).toBe(1);
  });

  test('refuses to be created twice on a registry, and a maxRouteGroups of 0', () => {
    const registry = new Registry();
    httpMetrics({ registry, routeGroup });
    expect(() => httpMetrics({ registry, routeGroup })).toThrow(
      expect.objectContaining({ code: 'ERR_MONITORING_METRIC_NAME_TAKEN' }),
    );
    expect(() => httpMetrics({ registry: new Registry(), routeGroup, maxRouteGroups: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_MONITORING_INVALID_OPTION' }),
    );
  });
});
