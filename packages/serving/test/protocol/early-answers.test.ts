import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { BodyMemory, inferenceHandler, ModelServer } from '@fairlead/serving';
import { affine, MemorySource } from '../memory-source.ts';
import { onnxRuntime } from '@fairlead/serving/onnx';

const MIB = 1024 * 1024;
let models: ModelServer;
beforeAll(async () => {
  models = new ModelServer({
    source: new MemorySource([{ signature: affine }]),
    runtimes: { onnx: onnxRuntime() },
  });
  await models.serve('m');
  return () => models.close();
});

/** Registers what is closed at the end of a test. */
type OnTestFinished = TestContext['onTestFinished'];

async function start(
  onTestFinished: OnTestFinished,
): Promise<{ readonly server: Server; readonly port: number }> {
  const bodies = new BodyMemory(MIB);
  const handler = inferenceHandler(models, { bodies });
  const server = createServer((req, res) => {
    handler(req, res);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** A connection on which a test sends bytes as they are. */
function open(port: number, onTestFinished: OnTestFinished) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  const errors: Error[] = [];
  socket.on('error', (error) => errors.push(error));
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  return { socket, received: () => received, errors, closed };
}

const head = (path: string, ...lines: readonly string[]): string =>
  [`POST ${path} HTTP/1.1`, 'host: x', 'content-type: application/json', ...lines, '', ''].join(
    '\r\n',
  );

function writeAll(socket: Socket, bytes: number): void {
  const piece = Buffer.alloc(65_536, ' ');
  let left = bytes;
  const proceed = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= piece.length;
      if (!socket.write(piece)) return;
    }
  };
  socket.on('drain', proceed);
  proceed();
}

const kinds: readonly (readonly [string, RegExp, readonly string[]])[] = [
  ['/v2/models/none/infer', /^HTTP\/1\.1 404 /, ['content-length: 16777216']],
  ['/v2/models/m/infer', /^HTTP\/1\.1 413 /, ['content-length: 99999999']],
  ['/v2/models/m/infer', /^HTTP\/1\.1 503 /, ['content-length: 16777216']],
  ['/v2/health/live', /^HTTP\/1\.1 405 /, ['content-length: 16777216']],
  ['/nowhere', /^HTTP\/1\.1 404 /, ['content-length: 16777216']],
];

// A connection lingers for two seconds: the tests wait for it concurrently.
describe.concurrent('early responses', () => {
  test.for(
    kinds.flatMap(([path, status, lines]) => [
      { path, status, lines },
      { path, status, lines: [...lines, 'connection: close'] },
    ]),
  )(
    'a response that is sent before the body of $lines to $path was received is not lost',
    async ({ path, status, lines }, { onTestFinished }) => {
      const { server, port } = await start(onTestFinished);
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const { socket, received, errors, closed } = open(port, onTestFinished);
      socket.write(head(path, ...lines));
      const [accepting] = await accepted;
      writeAll(socket, 16 * MIB);
      await expect.poll(received, { timeout: 60_000 }).toMatch(/\r\n\r\n\{.*\}$/s);
      expect(received()).toMatch(status);
      expect(received()).toMatch(/\r\nconnection: close\r\n/i);
      // The server reads until the memory of bodies is full, and a little of the rest.
      expect(errors).toEqual([]);
      await sleep(100);
      expect(accepting.bytesRead).toBeLessThan(2 * MIB);
      // A client that goes on sending is disconnected.
      await closed;
      expect(server.listening).toBe(true);
    },
  );

  test('a body that ends shortly after the response closes the connection without a reset', async ({
    onTestFinished,
  }) => {
    const { port } = await start(onTestFinished);
    const { socket, received, errors, closed } = open(port, onTestFinished);
    socket.write(head('/v2/models/none/infer', 'content-length: 131072', 'connection: close'));
    await expect.poll(received).toMatch(/^HTTP\/1\.1 404 [^]*\}$/);
    socket.write(Buffer.alloc(131_072));
    await closed;
    expect(errors).toEqual([]);
  });

  test('a small body that was not read leaves the connection open for the next request', async ({
    onTestFinished,
  }) => {
    const { port } = await start(onTestFinished);
    const { socket, received } = open(port, onTestFinished);
    socket.write(`${head('/v2/models/none/infer', 'content-length: 65536')}${' '.repeat(65_536)}`);
    socket.write('GET /v2/health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await expect.poll(received).toMatch(/^HTTP\/1\.1 404 [^]*HTTP\/1\.1 200 /);
  });
});
