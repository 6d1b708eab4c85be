import { until } from '@fairlead/test-support/polling';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  inferenceHandler,
  ModelServer,
  type InferenceRecord,
  type InferenceRecorder,
  type ModelServerOptions,
  type ServingEvent,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../memory-source.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Setup {
  readonly server: ModelServer;
  readonly events: ServingEvent[];
  readonly infer: (id?: string) => Promise<{ status: number; durationMs: number }>;
}

async function start(
  recorder: InferenceRecorder,
  options: Partial<ModelServerOptions> = {},
): Promise<Setup> {
  const events: ServingEvent[] = [];
  const server = new ModelServer({
    source: new MemorySource([
      { signature: affine },
      { signature: affine, file: 'affine-next.onnx' },
    ]),
    runtimes: { onnx: onnxRuntime() },
    recorder,
    onEvent: (event) => {
      events.push(event);
    },
    ...options,
  });
  const http: Server = createServer(
    inferenceHandler(server, {
      client: () => 'shop',
      requestId: (req) => req.headers['x-request-id']?.toString(),
    }),
  );
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  open.push(
    () => server.close(),
    () =>
      new Promise((resolve) => {
        http.close(resolve);
        http.closeAllConnections();
      }),
  );
  await server.serve('m');
  const { port } = http.address() as AddressInfo;
  return {
    server,
    events,
    async infer(id = '7') {
      const startedAt = performance.now();
      const response = await fetch(`http://127.0.0.1:${port}/v2/models/m/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': id },
        body: '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}',
      });
      await response.text();
      return { status: response.status, durationMs: performance.now() - startedAt };
    },
  };
}

const failures = ({ events }: Setup) => events.filter(({ type }) => type === 'record-failed');

describe('a recorder', () => {
  test('gets version, ids, time and tensors of each answered inference, after the answer was sent', async () => {
    const records: InferenceRecord[] = [];
    const setup = await start(
      {
        record(record) {
          records.push(record);
        },
      },
      { now: () => 1_700_000_000_000 },
    );
    await setup.infer();
    await until(() => records.length === 1);
    expect(records).toEqual([
      {
        label: { model: 'm', version: '1' },
        requestId: '7',
        client: 'shop',
        routingKey: 'shop',
        at: 1_700_000_000_000,
        durationMs: expect.any(Number) as number,
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(3, 5) }],
      },
    ]);
  });

  test('gets nothing of a request that failed', async () => {
    const records: InferenceRecord[] = [];
    const { server, infer } = await start({
      record(record) {
        records.push(record);
      },
    });
    await expect(server.infer({ model: 'm' }, { inputs: [] })).rejects.toThrow('tensor "x"');
    await infer('after');
    await until(() => records.length === 1);
    expect(records[0]?.requestId).toBe('after');
  });

  test.each<[string, () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('the disk is full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the disk is full'))],
  ])(
    'that %s costs no request anything: all are answered, and one event says so',
    async (_, record) => {
      const setup = await start({ record });
      for (let n = 0; n < 5; n++) expect((await setup.infer()).status).toBe(200);
      await until(() => failures(setup).length > 0);
      const failure = { type: 'record-failed', model: 'm', reason: 'the disk is full', dropped: 0 };
      expect(failures(setup)).toEqual([{ ...failure, failed: 1 }]);
      // The others are in the next event, ten seconds later, or when the server closes.
      await setup.server.close();
      expect(failures(setup)).toEqual([
        { ...failure, failed: 1 },
        { ...failure, failed: 4 },
      ]);
    },
  );

  test('that fails while the server closes is reported by two events, not by one for each record', async () => {
    const { promise: written, reject } = Promise.withResolvers<undefined>();
    const setup = await start({ record: () => written });
    const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
    for (let n = 0; n < 16; n++) {
      const some = Array.from({ length: 64 }, () =>
        setup.server.infer({ model: 'm' }, { inputs: [x] }),
      );
      await Promise.all(some);
    }
    const closed = setup.server.close();
    setImmediate(reject, new Error('the disk is full'));
    await closed;
    expect(failures(setup)).toMatchObject([
      { failed: 1, dropped: 0 },
      { failed: 1023, dropped: 0 },
    ]);
  });

  test('that never settles is given 1024 records, and further ones are dropped', async () => {
    let calls = 0;
    const setup = await start({
      record() {
        calls += 1;
        return new Promise(() => undefined);
      },
    });
    const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
    for (let n = 0; n < 11; n++) {
      const hundred = Array.from({ length: 100 }, () =>
        setup.server.infer({ model: 'm' }, { inputs: [x] }),
      );
      expect(await Promise.all(hundred)).toHaveLength(100);
    }
    expect((await setup.infer()).status).toBe(200);
    // On a busy machine a call takes long enough for a pause after it.
    await until(() => calls === 1024);
    expect(failures(setup)).toMatchObject([{ reason: 'too many records wait', dropped: 1 }]);
  });

  test('that blocks the event loop for 100 ms is called again only after a pause of 1.9 s', async () => {
    const calls: number[] = [];
    const setup = await start({
      record() {
        const endsAt = performance.now() + 100;
        calls.push(performance.now());
        while (performance.now() < endsAt);
      },
    });
    for (let n = 0; n < 20; n++) expect((await setup.infer()).status).toBe(200);
    await until(() => calls.length > 1);
    expect((calls[1] ?? 0) - (calls[0] ?? 0)).toBeGreaterThan(1900);
  });

  test('gets what waits when the server closes', async () => {
    const records: InferenceRecord[] = [];
    const { server } = await start({
      record(record) {
        records.push(record);
      },
    });
    const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
    await server.infer({ model: 'm' }, { inputs: [x] });
    await server.close();
    expect(records).toHaveLength(1);
  });

  test('that stores records asynchronously has stored them when the server is closed', async () => {
    const { promise: written, resolve: write } = Promise.withResolvers<undefined>();
    const stored: string[] = [];
    const { server, infer } = await start({
      async record({ requestId = '' }) {
        await written;
        stored.push(requestId);
      },
    });
    for (const id of ['1', '2']) expect((await infer(id)).status).toBe(200);
    const closed = server.close().then(() => [...stored]);
    setImmediate(write, undefined);
    expect(await closed).toEqual(['1', '2']);
  });
});

describe('a shadow', () => {
  test('gets the inputs after the answer, and its outputs are recorded beside it, never sent', async () => {
    const records: InferenceRecord[] = [];
    const versions = [{ signature: affine }, { signature: affine, file: 'affine-next.onnx' }];
    const champion = new MemorySource(versions);
    const candidate = new MemorySource(versions, 2);
    const of = (alias: string): MemorySource => (alias === 'candidate' ? candidate : champion);
    const server = new ModelServer({
      source: {
        resolve: (model, alias) => of(alias).resolve(model, alias),
        follow: (model, alias, options) => of(alias).follow(model, alias, options),
        openVersion: (model, version) => champion.openVersion(model, version),
      },
      runtimes: { onnx: onnxRuntime() },
      router: { route: () => ({ version: '1', shadow: '2' }) },
      recorder: {
        record(record) {
          records.push(record);
        },
      },
    });
    open.push(() => server.close());
    await server.serve('m', { alsoFollow: ['candidate'] });
    await until(() => server.versionsOf('m').length === 2);
    const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
    const answer = await server.infer({ model: 'm' }, { inputs: [x] }, { requestId: '7' });
    expect(answer.version).toBe('1');
    await until(() => records.length === 2);
    expect(records).toMatchObject([
      { label: { version: '1' }, requestId: '7', outputs: [{ data: Float32Array.of(3, 5) }] },
      {
        label: { model: 'm', version: '2' },
        shadowOf: { model: 'm', version: '1' },
        requestId: '7',
        inputs: [x],
        outputs: [{ data: Float32Array.of(103, 105) }],
      },
    ]);
  });
});
