import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import {
  inferenceHandler,
  findTraceContext,
  ModelServer,
  traceContext,
  traceHeaders,
} from '@fairlead/serving';
import { upstreamRuntime } from '@fairlead/serving/upstream';
import { affine, MemorySource } from './memory-source.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = `00-${traceId}-00f067aa0ba902b7-01`;
const of = (traceparent?: string, tracestate?: string) => ({
  headers: {
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
  },
});

describe('a trace', () => {
  test('continues with a new span', () => {
    const carrier = of(parent, 'vendor=1, t@other=a b');
    const trace = traceContext(carrier);
    expect(trace).toMatchObject({ traceId, sampled: true, state: 'vendor=1,t@other=a b' });
    expect(trace.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
    expect(trace.spanId).not.toBe('00f067aa0ba902b7');
    expect(traceContext(carrier)).toBe(trace);
    expect(traceHeaders(trace)).toEqual({
      traceparent: `00-${traceId}-${trace.spanId}-01`,
      tracestate: 'vendor=1,t@other=a b',
    });
  });

  test('forwards a state of up to 512 characters', () => {
    const state = (characters: number) => {
      const first = `a=${'x'.repeat(254)}`;
      return `${first},b=${'x'.repeat(characters - first.length - 3)}`;
    };
    expect(traceContext(of(parent, state(512))).state).toBe(state(512));
    expect(traceContext(of(parent, state(513)))).toMatchObject({ traceId, sampled: true });
    expect(traceContext(of(parent, state(513))).state).toBeUndefined();
  });

  test.each([
    ['of a later version', `01-${traceId}-00f067aa0ba902b7-03-more`, true],
    ['of a later version that adds nothing', `cc-${traceId}-00f067aa0ba902b7-00`, false],
  ])('%s goes on in version 00', (_name, header, sampled) => {
    expect(traceContext(of(header))).toMatchObject({ traceId, sampled });
    expect(traceHeaders(traceContext(of(header))).traceparent).toMatch(/^00-.{50}0[01]$/);
  });

  test.each([
    undefined,
    '',
    `00-${traceId}-00f067aa0ba902b7-01-more`,
    `ff-${traceId}-00f067aa0ba902b7-01`,
    `00-${traceId.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `01-${traceId}-00f067aa0ba902b7-01.more`,
    `${parent}, ${parent}`,
    `00-${traceId}-00f067aa0ba902b7`,
  ])('%j is none: a new one begins, and the state is dropped', (header) => {
    const carrier = of(header, 'vendor=1');
    expect(findTraceContext(carrier)).toBeUndefined();
    const trace = traceContext(carrier);
    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(trace.traceId).not.toBe(traceId);
    expect(trace).toMatchObject({ sampled: false });
    expect(trace).not.toHaveProperty('state');
    // Something was called that knows it now.
    expect(findTraceContext(carrier)).toBe(trace);
  });

  test.each([
    'no value',
    'Upper=1',
    'a=1,a=2',
    'a=b=c',
    'a=é',
    Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(','),
  ])('a state of %j is dropped, and the trace continues', (state) => {
    const trace = traceContext(of(parent, state));
    expect(trace.traceId).toBe(traceId);
    expect(trace).not.toHaveProperty('state');
  });

  test('any header of a client: the forwarded one is valid', () => {
    const part = fc.stringMatching(/^[0-9a-f-]{0,60}$/);
    fc.assert(
      fc.property(fc.oneof(part, fc.string()), fc.string({ maxLength: 600 }), (header, state) => {
        const passed = traceHeaders(traceContext(of(header, state)));
        expect(passed.traceparent).toMatch(
          /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/,
        );
        expect(passed.tracestate ?? 'a=1').toMatch(/^[\x20-\x7e]+$/);
      }),
    );
  });
});

const closing: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
    return once(server, 'close');
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('an upstream gets it, with the span of this service as its parent; the log has the same', async () => {
  const received: IncomingHttpHeaders[] = [];
  const upstream = await listen(
    createServer((req, res) => {
      if (req.method === 'POST') received.push(req.headers);
      req.resume();
      res.setHeader('content-type', 'application/json');
      res.end('{"outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data":[0,0]}]}');
    }),
  );
  const runtime = upstreamRuntime({ py: { url: upstream } });
  closing.push(() => runtime.close());
  const version = { signature: affine, runtime: { name: 'upstream', options: { upstream: 'py' } } };
  const models = new ModelServer({
    source: new MemorySource([version]),
    runtimes: { upstream: runtime },
  });
  closing.push(() => models.close());
  await models.serve('m');
  received.length = 0;
  const logged: unknown[] = [];
  const handler = inferenceHandler(models);
  const origin = await listen(
    createServer((req, res) => {
      res.once('close', () => logged.push(findTraceContext(req)));
      handler(req, res);
    }),
  );
  const body = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}';
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${origin}/v2/models/m/infer`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
    const passed = received.at(-1);
    const [, id, span] = /^00-(\w{32})-(\w{16})-0[01]$/.exec(String(passed?.traceparent)) ?? [];
    await expect
      .poll(() => logged.at(-1), { timeout: 60_000 })
      .toMatchObject({
        traceId: id,
        spanId: span,
      });
    return { id, span, state: passed?.tracestate };
  };
  const type = { 'content-type': 'application/json' };
  const first = await ask({ ...type, traceparent: parent, tracestate: 'vendor=1' });
  expect(first).toMatchObject({ id: traceId, state: 'vendor=1' });
  expect(first.span).not.toBe('00f067aa0ba902b7');
  const second = await ask({ ...type, traceparent: 'nonsense', tracestate: 'vendor=1' });
  expect(second.id).not.toBe(traceId);
  expect(second.state).toBeUndefined();
  const third = await ask(type);
  expect(third.id).not.toBe(second.id);
});
