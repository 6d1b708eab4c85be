import { until } from '@fairlead/test-support/polling';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { BodyMemory, ServingError } from '@fairlead/serving';
import { DEFAULT_BODY_MEMORY_BYTES } from '../../src/protocol/body-memory.ts';
import { receiveBody } from '../../src/protocol/receive-body.ts';

const MIB = 1024 * 1024;

/** A server that answers with the length of the body, or with the code of the error. */
async function serve(bodies: BodyMemory, hold: Promise<unknown> = Promise.resolve()) {
  const server = createServer((req, res) => {
    const client = (): string | undefined => req.headers['x-client']?.toString();
    receiveBody(req, res, { maxBodyBytes: 16 * MIB, bodies, client }).then(
      async (body) => {
        await hold;
        res.end(String(body.length));
      },
      (error: unknown) => res.end(error instanceof ServingError ? error.code : String(error)),
    );
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const send = async (body: Buffer, headers: Record<string, string> = {}): Promise<string> => {
    // One connection for each: the server closes idle ones after five seconds, which compressing may take.
    const sent = request({ port, method: 'POST', headers, agent: false }).end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks = (await response.toArray()) as Buffer[];
    return Buffer.concat(chunks).toString();
  };
  return { port, send };
}

test('bodies in flight take no more memory than the limit, and give it back with their answers', async () => {
  const bodies = new BodyMemory(3 * MIB);
  const gate = Promise.withResolvers<undefined>();
  const { send } = await serve(bodies, gate.promise);
  const held = [send(Buffer.alloc(MIB)), send(Buffer.alloc(MIB))];
  await until(() => bodies.used === 2 * MIB);
  expect(await send(Buffer.alloc(2 * MIB))).toBe('ERR_SERVING_OVERLOADED');
  expect(bodies.used).toBe(2 * MIB);
  const small = send(Buffer.alloc(65_536));
  gate.resolve(undefined);
  expect(await Promise.all([...held, small])).toEqual([`${MIB}`, `${MIB}`, '65536']);
  await until(() => bodies.used === 0);
});

test('unfinished bodies of one client leave three quarters of the memory to others', async () => {
  const bodies = new BodyMemory(128 * MIB);
  const { port, send } = await serve(bodies);
  const greedy = Array.from({ length: 9 }, () => {
    const headers = { 'content-length': 16 * MIB, 'x-client': 'greedy' };
    const sent = request({ port, method: 'POST', headers });
    const answer = once(sent, 'response').then(async ([response]: unknown[]) =>
      Buffer.concat((await (response as IncomingMessage).toArray()) as Buffer[]).toString(),
    );
    answer.catch(() => undefined);
    sent.on('error', () => undefined);
    sent.write(Buffer.alloc(16 * MIB - 1));
    return { sent, answer };
  });
  const refused = await Promise.any(greedy.map(({ answer }) => answer));
  expect(refused).toBe('ERR_SERVING_CLIENT_LIMIT');
  expect(await send(Buffer.alloc(16 * MIB), { 'x-client': 'other' })).toBe(String(16 * MIB));
  expect(bodies.used).toBeLessThanOrEqual(48 * MIB);
  for (const { sent } of greedy) sent.destroy();
  await until(() => bodies.used === 0 && bodies.clients === 0);
});

test('a body whose client disconnects gives its memory back', async () => {
  const bodies = new BodyMemory(16 * MIB);
  const { port } = await serve(bodies);
  const sent = request({ port, method: 'POST', headers: { 'content-length': 2 * MIB } });
  sent.on('error', () => undefined);
  sent.write(Buffer.alloc(MIB));
  await until(() => bodies.used > 0);
  sent.destroy();
  await until(() => bodies.used === 0);
});

test('a compressed body unpacks to 100 times its size, or to 1 MiB', async () => {
  const bodies = new BodyMemory(32 * MIB);
  const { send } = await serve(bodies);
  const gzip = { 'content-encoding': 'gzip' };
  expect(await send(gzipSync(Buffer.alloc(MIB)), gzip)).toBe(String(MIB));
  const bomb = gzipSync(Buffer.alloc(16 * MIB));
  expect(bomb.length).toBeLessThan(20_000);
  expect(await send(bomb, gzip)).toBe('ERR_SERVING_BODY_TOO_LARGE');
  const numbers = Array.from({ length: 200_000 }, (_, index) => Math.sin(index));
  const text = Buffer.from(JSON.stringify(numbers));
  expect(await send(gzipSync(text), gzip)).toBe(String(text.length));
  await until(() => bodies.used === 0);
});

test('a compressed body takes as much memory as it unpacks to, and is rejected where too little is left', async () => {
  const bodies = new BodyMemory(MIB / 2);
  const { send } = await serve(bodies);
  const gzip = { 'content-encoding': 'gzip' };
  expect(await send(gzipSync(Buffer.alloc(1000)), gzip)).toBe('1000');
  expect(await send(gzipSync(Buffer.alloc(MIB / 4)), gzip)).toBe(String(MIB / 4));
  expect(await send(gzipSync(Buffer.alloc(MIB)), gzip)).toBe('ERR_SERVING_OVERLOADED');
  await until(() => bodies.used === 0);
});

test('forty compressed bodies of 240 kB in flight, 400 kB unpacked, fit the default memory and share of one client', async () => {
  const bodies = new BodyMemory(DEFAULT_BODY_MEMORY_BYTES);
  const gate = Promise.withResolvers<undefined>();
  const { send } = await serve(bodies, gate.promise);
  const body = Buffer.concat([randomBytes(240_000), Buffer.alloc(160_000)]);
  const headers = { 'content-encoding': 'gzip', 'x-client': 'a' };
  const compressed = gzipSync(body);
  const answers = Array.from({ length: 40 }, () => send(compressed, headers));
  await until(() => bodies.used === 40 * 400_000);
  gate.resolve(undefined);
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['400000']));
  await until(() => bodies.used === 0);
});
