import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  eventually,
  spanAttribute as attribute,
  startOtlpCollector,
  type CollectedSpan,
} from '@fairlead/test-support';
import { openOtlpTracing } from '../../src/otlp/index.ts';
import { requestTracing, type RequestTracingOptions } from '../../src/tracing/index.ts';

const client = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const sampled = { traceparent: `00-${client.traceId}-${client.spanId}-01` };

/** A server whose requests are traced, and that answers when a test says so. */
async function tracedServer(options: RequestTracingOptions & { readonly ratio?: number } = {}) {
  const collector = await startOtlpCollector();
  onTestFinished(collector.close);
  const { ratio = 0, ...rest } = options;
  const onError = vi.fn();
  const otlp = openOtlpTracing({ url: collector.url, service: 'shop', ratio, onError });
  const { tracer, propagator } = otlp;
  const tracing = requestTracing({ tracer, propagator, ...rest });
  const requests: IncomingMessage[] = [];
  const server = createServer((req, res) => {
    tracing.middleware(req, res, () => {
      requests.push(req);
      if (req.url === '/abort') res.destroy();
      else res.writeHead(req.url === '/fail' ? 503 : 200).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { collector, otlp, tracing, requests, url, onError };
}

function only(spans: readonly CollectedSpan[], matches: (span: CollectedSpan) => boolean) {
  const [found, ...others] = spans.filter(matches);
  expect(others).toEqual([]);
  if (found === undefined) throw new Error('no such span');
  return found;
}

const byName = (spans: readonly CollectedSpan[], name: string): CollectedSpan =>
  only(spans, (span) => span.name === name);

test('the span of a request continues the trace of its client', async () => {
  const onSpan = vi.fn();
  const routeGroup = (path: string) => path.slice(1);
  const { collector, otlp, requests, url } = await tracedServer({ onSpan, routeGroup });
  await fetch(`${url}/predict?key=secret`, { method: 'POST', headers: sampled });
  await fetch(`${url}/fail`, { headers: sampled });
  await fetch(`${url}/abort`, { headers: sampled }).catch(() => undefined);
  await eventually(() => {
    expect(requests).toHaveLength(3);
  });
  await otlp.close();
  const span = byName(collector.spans, 'POST predict');
  expect(span).toMatchObject({ traceId: client.traceId, parentSpanId: client.spanId, kind: 2 });
  expect(attribute(span, 'http.route')).toBe('predict');
  expect(attribute(span, 'http.response.status_code')).toBe(200);
  expect(JSON.stringify(collector.spans)).not.toContain('secret');
  expect(onSpan.mock.calls[0]).toEqual([
    requests[0],
    { traceId: client.traceId, spanId: span.spanId, sampled: true },
  ]);
  const failed = byName(collector.spans, 'GET fail');
  expect([attribute(failed, 'error.type'), failed.status.code]).toEqual(['503', 2]);
  const aborted = byName(collector.spans, 'GET abort');
  expect([attribute(aborted, 'error.type'), aborted.status.code]).toEqual(['aborted', 2]);
  expect(collector.services).toEqual(new Set(['shop']));
});

test('steps are below the request, with their times, and an execution has links to its other requests', async () => {
  const { collector, otlp, tracing, requests, url } = await tracedServer({ ratio: 1 });
  await Promise.all(['/a', '/b', '/c'].map((path) => fetch(`${url}${path}`)));
  expect(requests).toHaveLength(3);
  const [first, second, third] = requests as [IncomingMessage, IncomingMessage, IncomingMessage];
  const unknown = { headers: {} };
  const startedAt = performance.now();
  const label = { model: 'churn', version: '3' };
  const times = { startedAt, decodedAt: startedAt + 1, endedAt: startedAt + 9 };
  const batch = { startedAt: startedAt + 2, endedAt: startedAt + 8, batchSize: 7 };
  const execution = { ...batch, members: [first, second, unknown, third] };
  const inference = { ...label, rows: 2, cache: undefined, reason: undefined };
  tracing.inference.inferred({
    ...inference,
    ...times,
    trace: first,
    outcome: 'success',
    execution,
  });
  tracing.inference.encoded({ trace: first, startedAt: startedAt + 9, endedAt: startedAt + 10 });
  tracing.inference.inferred({
    ...{ ...inference, ...times, trace: second, outcome: 'failure', reason: 'BACKEND' },
    execution: undefined,
  });
  // No span of a request: nothing to be below.
  tracing.inference.inferred({
    ...inference,
    ...times,
    trace: unknown,
    outcome: 'success',
    execution,
  });
  await otlp.close();

  const servers = collector.spans.filter(({ kind }) => kind === 2);
  expect(servers).toHaveLength(3);
  const infers = collector.spans.filter(({ name }) => name === 'infer');
  expect(infers).toHaveLength(2);
  const ok = only(infers, ({ status }) => status.code !== 2);
  const server = servers.find(({ traceId }) => traceId === ok.traceId);
  expect(ok.parentSpanId).toBe(server?.spanId);
  expect(attribute(ok, 'fairlead.model')).toBe('churn');
  expect(attribute(ok, 'fairlead.rows')).toBe(2);
  const failed = only(infers, (span) => span !== ok);
  expect([attribute(failed, 'error.type'), failed.status.code]).toEqual(['BACKEND', 2]);

  const ofFirst = collector.spans.filter(({ traceId }) => traceId === ok.traceId);
  const durations = Object.fromEntries(
    ['decode', 'queue', 'execute', 'encode'].map((name) => {
      const span = byName(ofFirst, name);
      expect(span.parentSpanId, name).toBe(name === 'encode' ? server?.spanId : ok.spanId);
      const nanos = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
      return [name, Math.round(Number(nanos) / 1e6)];
    }),
  );
  expect(durations).toEqual({ decode: 1, queue: 1, execute: 6, encode: 1 });
  const execute = byName(ofFirst, 'execute');
  expect(attribute(execute, 'fairlead.batch.size')).toBe(7);
  expect(attribute(execute, 'fairlead.batch.requests')).toBe(4);
  const others = servers.filter((span) => span !== server).map(({ spanId }) => spanId);
  expect(execute.links?.map(({ spanId }) => spanId).sort()).toEqual(others.sort());
});

test('a request that its client does not record has no span, nor has one without a trace beyond the ratio, or an ignored one', async () => {
  const onSpan = vi.fn();
  const ignore = (path: string) => path === '/health';
  const { collector, otlp, tracing, requests, url } = await tracedServer({ onSpan, ignore });
  const traceparent = `00-${client.traceId}-${client.spanId}-00`;
  await fetch(`${url}/a`, { headers: { traceparent } });
  await fetch(`${url}/b`, { headers: { traceparent: 'nonsense' } });
  await fetch(`${url}/health`, { headers: sampled });
  for (const req of requests) {
    tracing.inference.encoded({ trace: req, startedAt: 1, endedAt: 2 });
  }
  await otlp.close();
  expect(collector.spans).toEqual([]);
  expect(onSpan).not.toHaveBeenCalled();
});

test('a collector that refuses spans costs spans, which are reported', async () => {
  const { collector, otlp, onError, url } = await tracedServer({ ratio: 1 });
  collector.status = 400;
  expect((await fetch(`${url}/a`)).status).toBe(200);
  await otlp.close();
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(Error), 1);
  expect(collector.spans).toEqual([]);
});

test('without an SDK the global tracer makes no spans', async () => {
  const onSpan = vi.fn();
  const { middleware, inference } = requestTracing({ onSpan });
  const server = createServer((req, res) => {
    middleware(req, res, () => {
      inference.encoded({ trace: req, startedAt: 1, endedAt: 2 });
      res.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    headers: sampled,
  });
  expect(await response.text()).toBe('ok');
  server.close();
  expect(onSpan).not.toHaveBeenCalled();
});

test('invalid options are refused with their name and value', () => {
  const otlp = { url: 'http://127.0.0.1:4318', service: 'shop' };
  expect(() => openOtlpTracing({ ...otlp, url: 'collector:4318' })).toThrow(
    /url: expected an http/,
  );
  expect(() => openOtlpTracing({ ...otlp, ratio: 2 })).toThrow(
    /ratio: expected a number from 0 to 1/,
  );
  expect(() => openOtlpTracing({ ...otlp, service: '' })).toThrow(/service: expected a name/);
  expect(() => requestTracing({ tracer: {} as never })).toThrow(/tracer: expected an object/);
  expect(() => requestTracing({ routeGroup: 'x' as never })).toThrow(
    /routeGroup: expected a function/,
  );
});
