import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  status,
  type ServiceError,
} from '@grpc/grpc-js';
import { inferenceService, grpcServerOptions } from '@fairlead/serving/grpc';
import { Random } from '../random.ts';
import { echoServer } from './echo-models.ts';
import type { FuzzInput } from './fuzz-input.ts';
import { GrpcTarget } from './grpc-target.ts';
import { protocolsHandler } from './http-target.ts';
import { mutate } from './mutate.ts';
import { nearValidInputs } from './near-valid.ts';

/** Counts of requests over sockets, and of their answers. */
export interface SocketsReport {
  readonly requests: number;
  /** Connections that the client closed early. */
  readonly abandoned: number;
  readonly messages: number;
  readonly statuses: Readonly<Record<string, number>>;
}

const DOCUMENTED = ['501', '503', '504'];
const CHUNK_SIZES: Readonly<Record<string, string>> = {
  'bad-chunk': 'zz',
  'great-chunk': 'fffffffffffff',
};
const AT_A_TIME = 16;

/**
 * Sends requests to a server that listens, byte by byte as a client might that lies about lengths, breaks off or speaks
 * HTTP badly, and messages to gRPC's; checks that both still answer afterwards.
 */
export async function fuzzOverSockets(requests: number, seed: number): Promise<SocketsReport> {
  const random = new Random(seed);
  const models = await echoServer(() => () => undefined);
  const hidden: unknown[] = [];
  const handler = protocolsHandler(models, (error) => hidden.push(error));
  const http = createServer((req, res) => {
    handler(req, res);
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const statuses: Record<string, number> = {};
  let abandoned = 0;
  const corpus = nearValidInputs(500, seed);
  const good = Buffer.from(
    'POST /v2/models/fp32/infer HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 71\r\n\r\n{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1.25]}]}',
  );
  try {
    for (let sent = 0; sent < requests; sent += AT_A_TIME) {
      const round = Array.from({ length: AT_A_TIME }, async () => {
        const input = random.chance(0.5)
          ? random.pick(corpus)
          : mutate(random.pick(corpus), random.pick(corpus), random);
        const wire = frame(input, random);
        const answer = await exchange(port, wire);
        if (wire.breaksOff) abandoned += 1;
        for (const [, code = ''] of answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
          statuses[code] = (statuses[code] ?? 0) + 1;
          const fine = code < '500' || DOCUMENTED.includes(code);
          assert.ok(
            fine,
            `${answer.slice(0, 300)}\nto ${wire.bytes.toString('latin1').slice(0, 1000)}`,
          );
        }
      });
      await Promise.all(round);
      assert.deepEqual(hidden, [], 'an internal error');
      if (sent % (20 * AT_A_TIME) === 0) {
        const answer = await exchange(port, { bytes: good, breaksOff: false, pieces: 1 });
        assert.match(answer, /^HTTP\/1\.1 200 [^]*"data":\[1\.25\]/);
      }
    }
    const messages = Math.ceil(requests / 10);
    await sendMessages(models, messages, random, statuses);
    return { requests, abandoned, messages, statuses };
  } finally {
    http.close();
    http.closeAllConnections();
    await models.close();
  }
}

interface Wire {
  readonly bytes: Buffer;
  /** True if the client closes before it has an answer. */
  readonly breaksOff: boolean;
  /** Number of pieces it is sent in. */
  readonly pieces: number;
}

/** A request in HTTP/1.1, well framed or not. */
function frame({ method, path, headers, body }: FuzzInput, random: Random): Wire {
  const lies = random.pick([
    'no',
    'no',
    'no',
    'short',
    'long',
    'chunked',
    'bad-chunk',
    'great-chunk',
    'both',
    'twice',
    'none',
  ]);
  const lines = [`${method} ${path} HTTP/1.1`, 'host: x', 'connection: close'];
  for (const [name, value] of Object.entries(headers)) {
    if (name !== 'content-length') lines.push(`${name}: ${value}`);
  }
  const chunked = (size: string): Buffer =>
    Buffer.concat([Buffer.from(`${size}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
  let sent = body;
  let length: number | undefined = body.length;
  switch (lies) {
    case 'short':
      length = Math.max(0, body.length - 1 - random.below(8));
      break;
    case 'long':
      length = body.length + 1 + random.below(1000);
      break;
    case 'chunked':
    case 'bad-chunk':
    case 'great-chunk':
    case 'both':
      lines.push('transfer-encoding: chunked');
      sent = chunked(CHUNK_SIZES[lies] ?? body.length.toString(16));
      if (lies !== 'both') length = undefined;
      break;
    case 'twice':
      lines.push(`content-length: ${body.length + 1}`);
      break;
    case 'none':
      length = undefined;
      break;
    case 'no':
      break;
  }
  if (length !== undefined) lines.push(`content-length: ${length}`);
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const bytes = Buffer.concat([head, sent]);
  // A client that announces more than it sends would never end.
  const breaksOff = lies === 'long' || lies === 'great-chunk' || random.chance(0.1);
  const most = breaksOff ? random.below(bytes.length + 1) : bytes.length;
  return { bytes: bytes.subarray(0, most), breaksOff, pieces: random.pick([1, 1, 2, 5]) };
}

async function exchange(port: number, { bytes, breaksOff, pieces }: Wire): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  // A server that neither answers nor closes is what is looked for.
  const late = setTimeout(() => {
    socket.destroy(new Error('late'));
    chunks.push(Buffer.from('HTTP/1.1 599 no answer within 20 s'));
  }, 20_000);
  const closed = once(socket, 'close').catch(() => undefined);
  await once(socket, 'connect').catch(() => undefined);
  await write(socket, bytes, pieces);
  if (breaksOff) socket.destroy();
  await closed;
  clearTimeout(late);
  return Buffer.concat(chunks).toString('latin1');
}

async function write(socket: Socket, bytes: Buffer, pieces: number): Promise<void> {
  const size = Math.ceil(bytes.length / pieces);
  for (let piece = 0; piece < pieces && !socket.destroyed; piece += 1) {
    socket.write(bytes.subarray(piece * size, (piece + 1) * size));
    if (pieces > 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function sendMessages(
  models: Awaited<ReturnType<typeof echoServer>>,
  count: number,
  random: Random,
  statuses: Record<string, number>,
): Promise<void> {
  const service = inferenceService(models);
  const server = new Server(grpcServerOptions());
  server.addService(service.definition, service.implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const corpus = new GrpcTarget(models).corpus().map((body): FuzzInput => {
    return { method: 'POST', path: '', headers: {}, body };
  });
  const same = (bytes: Buffer): Buffer => bytes;
  try {
    for (let sent = 0; sent < count; sent += 1) {
      const { body } = mutate(random.pick(corpus), random.pick(corpus), random);
      const error = await new Promise<ServiceError | null>((resolve) => {
        client.makeUnaryRequest(
          '/inference.GRPCInferenceService/ModelInfer',
          same,
          same,
          body,
          resolve,
        );
      });
      const name = `gRPC ${status[error?.code ?? status.OK]}`;
      statuses[name] = (statuses[name] ?? 0) + 1;
      const wrong = error?.code === status.INTERNAL || error?.code === status.UNKNOWN;
      assert.ok(!wrong, `${error?.details ?? ''} to ${body.toString('base64')}`);
    }
  } finally {
    client.close();
    server.forceShutdown();
  }
}
