import { until } from '@fairlead/test-support/polling';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Signature } from '@fairlead/signature';
import { expect, onTestFinished, test } from 'vitest';
import {
  inferenceHandler,
  mlflowScoring,
  ModelServer,
  openInference,
  tensorFlowServing,
  type Runtime,
} from '@fairlead/serving';
import { MemorySource } from '../memory-source.ts';
import { GatedRuntime } from '../scheduling/gated-runtime.ts';

const rows: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
};
const v2 = (value: number, parameters = {}) => ({
  parameters,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [value] }],
});

/** A server whose executions wait for the test once the model is warm, one at a time and one request each. */
async function start(options: { readonly maxQueued?: number } = {}) {
  const cold = new GatedRuntime({ gated: false });
  const runtime = new GatedRuntime();
  let warm = false;
  const gated: Runtime = {
    platform: 'test',
    concurrency: 1,
    execute: (inputs, context) => (warm ? runtime : cold).execute(inputs, context),
    unhealthy: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  };
  let arrived = 0;
  const reasons: (string | undefined)[] = [];
  const models = new ModelServer({
    source: new MemorySource([{ signature: rows, runtime: { name: 'gated' } }]),
    runtimes: { gated: { load: () => Promise.resolve(gated) } },
    maxBatchRows: 1,
    observer: {
      inferenceStarted: () => (arrived += 1),
      inferenceFinished: ({ reason }) => reasons.push(reason),
      executed: () => undefined,
    },
    ...options,
  });
  await models.serve('m');
  warm = true;
  const protocols = [openInference(), tensorFlowServing(), mlflowScoring({ model: 'm' })];
  const server = createServer(
    inferenceHandler(models, {
      protocols,
      client: ({ headers }) => headers['x-client']?.toString(),
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    for (const gate of runtime.gates) gate.open();
    server.close();
    server.closeAllConnections();
    await models.close();
  });
  function send(body: unknown, path = '/v2/models/m/infer', headers: Record<string, string> = {}) {
    const sent = request({
      ...{ port, path, method: 'POST' },
      headers: { 'content-type': 'application/json', ...headers },
    });
    const response = once(sent, 'response').then(([answer]) => {
      const message = answer as IncomingMessage;
      message.resume();
      return message;
    });
    // A disconnected client gets none.
    response.catch(() => undefined);
    sent.end(JSON.stringify(body));
    return {
      response,
      status: () => response.then(({ statusCode }) => statusCode),
      leave: () => sent.destroy(),
    };
  }
  /** Lets so many executions go on, one after the other. */
  async function open(count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      await until(() => runtime.gates.length > at);
      runtime.gates[at]?.open();
    }
  }
  return {
    runtime,
    send,
    open,
    port,
    reasons,
    untilArrived: (count: number) => until(() => arrived >= count),
  };
}

test.each<[string, unknown]>([
  ['/v2/models/m/infer', v2(2)],
  ['/v1/models/m:predict', { instances: [[2]] }],
  ['/invocations', { inputs: [[2]] }],
])(
  'a full queue gets 503 with Retry-After from %s, before its body is read as JSON',
  async (path, body) => {
    const { runtime, send, open } = await start({ maxQueued: 0 });
    const first = send(v2(1));
    await until(() => runtime.gates.length === 1);
    for (const refused of [send(body, path), send('no request', path)]) {
      const { statusCode, headers } = await refused.response;
      expect([statusCode, headers['retry-after']]).toEqual([503, '1']);
      expect(headers['fairlead-error']).toBe('ERR_SERVING_OVERLOADED');
    }
    await open(1);
    expect(await first.status()).toBe(200);
    expect(runtime.executed).toEqual([[1]]);
  },
);

test('a client with half of the queue gets 429, and others still enter', async () => {
  const { runtime, send, open, reasons, untilArrived } = await start({ maxQueued: 4 });
  const from = (client: string, value: number) =>
    send(v2(value), '/v2/models/m/infer', { 'x-client': client });
  const first = from('greedy', 1);
  await until(() => runtime.gates.length === 1);
  const waiting = [from('greedy', 2), from('greedy', 3)];
  await untilArrived(3);
  const { statusCode, headers } = await from('greedy', 4).response;
  expect([statusCode, headers['retry-after']]).toEqual([429, '1']);
  expect(headers['fairlead-error']).toBe('ERR_SERVING_CLIENT_LIMIT');
  const other = from('other', 5);
  await open(4);
  expect(await Promise.all([first, ...waiting, other].map(({ status }) => status()))).toEqual([
    200, 200, 200, 200,
  ]);
  expect(reasons.filter((reason) => reason !== undefined)).toEqual(['REJECTED']);
});

test('a full queue answers a client that still sends, and its connection goes on', async () => {
  const { runtime, send, open, port, reasons } = await start({ maxQueued: 0 });
  const first = send(v2(1));
  await until(() => runtime.gates.length === 1);
  const body = JSON.stringify(v2(2));
  const head = `POST /v2/models/m/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`;
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('data', (text: string) => (received += text));
  socket.write(head + body.slice(0, 10));
  await until(() => received.includes('HTTP/1.1 503'));
  socket.write(body.slice(10));
  await open(1);
  expect(await first.status()).toBe(200);
  received = '';
  socket.write(head + body);
  await open(2);
  await until(() => received.includes('HTTP/1.1 200'));
  expect(reasons).toEqual(['REJECTED', undefined, undefined]);
});

test('what expires while it waits gets 504, and is never executed', async () => {
  const { runtime, send, open } = await start();
  const first = send(v2(1));
  await until(() => runtime.gates.length === 1);
  const byParameter = send(v2(2, { timeout: 50_000 }));
  const byHeader = send(v2(3), '/v2/models/m/infer', { 'request-timeout': '0.05' });
  const rowsByHeader = send({ instances: [[4]] }, '/v1/models/m:predict', {
    'request-timeout': '0.05',
  });
  for (const late of [byParameter, byHeader, rowsByHeader]) expect(await late.status()).toBe(504);
  const last = send(v2(5));
  await open(2);
  expect([await first.status(), await last.status()]).toEqual([200, 200]);
  expect(runtime.executed).toEqual([[1], [5]]);
});

test('what a client no longer waits for is never executed', async () => {
  const { runtime, send, open, untilArrived } = await start();
  const first = send(v2(1));
  await until(() => runtime.gates.length === 1);
  const leaving = send(v2(2));
  await untilArrived(2);
  leaving.leave();
  const last = send(v2(3));
  await untilArrived(3);
  await open(2);
  expect([await first.status(), await last.status()]).toEqual([200, 200]);
  expect(runtime.executed).toEqual([[1], [3]]);
});

test('priority 1 goes before what came earlier without any', async () => {
  const { runtime, send, open, untilArrived } = await start();
  const first = send(v2(1));
  await until(() => runtime.gates.length === 1);
  const low = send(v2(2));
  await untilArrived(2);
  const high = send(v2(3, { priority: 1 }));
  await untilArrived(3);
  await open(3);
  await Promise.all([first.response, low.response, high.response]);
  expect(runtime.executed).toEqual([[1], [3], [2]]);
});
