import { once } from 'node:events';
import { createServer, IncomingMessage, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { BodyStorage } from '../../src/protocol/body-storage.ts';
import { readBody } from '../../src/protocol/read-body.ts';

const KIB = 1024;

/** Chunks in separate storage, as `node:http` has them. */
function chunksOf(body: Buffer, bytes: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += bytes) {
    const part = body.subarray(at, at + bytes);
    chunks.push(Buffer.from(Uint8Array.from(part).buffer));
  }
  return chunks;
}

const body = Buffer.from(Uint8Array.from({ length: 400 * KIB }, (_, index) => index % 251));

test.each([
  ['no length', undefined],
  ['its length', body.length],
  ['a length that is too small', 100 * KIB],
  ['a length that is too large', 900 * KIB],
  ['a length that is much too large', 100_000 * KIB],
  ['a length that is no number', NaN],
])('a body of several chunks is collected with %s', (_what, declared) => {
  for (const binaryAt of [undefined, 0, 13]) {
    const storage = new BodyStorage(declared, binaryAt);
    const chunks = chunksOf(body, 64 * KIB);
    for (const chunk of chunks) storage.add(chunk, true);
    const taken = storage.take();
    // The body is in use.
    storage.clear();
    expect(taken.equals(body)).toBe(true);
    if (binaryAt !== undefined) expect((taken.byteOffset + binaryAt) % 8).toBe(0);
    expect(chunks.map(({ length }) => length)).toEqual(chunks.map(() => 0));
  }
});

test('a body of one chunk is that chunk, unless it has to be aligned', () => {
  for (const binaryAt of [undefined, 5]) {
    const [chunk = body] = chunksOf(body.subarray(0, 20 * KIB), 20 * KIB);
    const storage = new BodyStorage(chunk.length, binaryAt);
    storage.add(chunk, true);
    const taken = storage.take();
    storage.clear();
    expect(taken === chunk).toBe(binaryAt === undefined);
    expect(taken.equals(body.subarray(0, 20 * KIB))).toBe(true);
  }
});

test('chunks that others may hold stay as they are', () => {
  const chunks = chunksOf(body, 64 * KIB);
  const storage = new BodyStorage(body.length, 3);
  for (const chunk of chunks) storage.add(chunk, false);
  expect(storage.take().equals(body)).toBe(true);
  expect(Buffer.concat(chunks).equals(body)).toBe(true);
});

test('what was collected is freed with a body that is abandoned', () => {
  const storage = new BodyStorage(body.length, undefined);
  const [first = body] = chunksOf(body, 64 * KIB);
  storage.add(first, true);
  storage.clear();
  expect(storage.take()).toHaveLength(0);
  expect(first).toHaveLength(0);
});

/** Receives one body on a server that `prepare` gets each request of first. */
async function receive(prepare: (req: IncomingMessage) => void): Promise<Buffer> {
  const received = Promise.withResolvers<Buffer>();
  const server = createServer((req, res) => {
    prepare(req);
    received.resolve(readBody(req, 1024 * KIB));
    void received.promise.finally(() => res.end());
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  request({ port, method: 'POST', agent: false }).end(body);
  return received.promise;
}

test.each([
  [
    'another listener',
    (req: IncomingMessage, seen: Buffer[]) => {
      req.on('data', (chunk: Buffer) => seen.push(chunk));
    },
  ],
  [
    'a tool that wraps listeners',
    (req: IncomingMessage, seen: Buffer[]) => {
      const on = req.on.bind(req);
      req.on = ((event: string, listener: (chunk: Buffer) => void) =>
        on(event, (chunk: Buffer) => {
          if (event === 'data') seen.push(chunk);
          listener(chunk);
        })) as typeof req.on;
    },
  ],
  [
    'a tool that replaces emit()',
    (req: IncomingMessage, seen: Buffer[]) => {
      const emit = req.emit.bind(req);
      req.emit = ((event: string, ...values: unknown[]) => {
        if (event === 'data') seen.push(values[0] as Buffer);
        return emit(event, ...values);
      }) as typeof req.emit;
    },
  ],
  [
    'a tool that replaces push()',
    (req: IncomingMessage, seen: Buffer[]) => {
      const push = req.push.bind(req);
      req.push = (chunk: Buffer | null) => {
        if (chunk !== null) seen.push(chunk);
        return push(chunk);
      };
    },
  ],
])('%s keeps the chunks that it reads along', async (_what, prepare) => {
  const seen: Buffer[] = [];
  const received = await receive((req) => {
    prepare(req, seen);
  });
  expect(received.equals(body)).toBe(true);
  expect(Buffer.concat(seen).equals(body)).toBe(true);
});

test('the chunks of a request that comes from no socket stay as they are', async () => {
  const chunks = chunksOf(body, 64 * KIB);
  const req = new IncomingMessage(Object.create(null) as Socket);
  req.headers = { 'content-length': String(body.length) };
  const received = readBody(req, 1024 * KIB);
  for (const chunk of [...chunks, null]) req.push(chunk);
  expect((await received).equals(body)).toBe(true);
  expect(Buffer.concat(chunks).equals(body)).toBe(true);
});
