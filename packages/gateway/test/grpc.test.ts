import { BoundSocket, connect } from 'node:net';
import { join } from 'node:path';
import { status, type ServiceError } from '@grpc/grpc-js';
import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { gatewayCommand, processEnvironment } from './support/gateway-command.ts';
import { sendSlow } from './support/slow-requests.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { grpcClient } from './support/grpc-client.ts';
import { pepper, writeKeysFile } from './support/keys-file.ts';
import { onnxVersion, sampleRegistry } from './support/sample-registry.ts';
import { startGateway } from './support/start-gateway.ts';

const failure = (answer: Promise<unknown>): Promise<ServiceError> =>
  answer.then(
    () => {
      throw new Error('it was answered');
    },
    (error: unknown) => error as ServiceError,
  );

const floats = (...values: number[]) => Buffer.from(new Float32Array(values).buffer);
const affine = {
  modelName: 'affine',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }],
  rawInputContents: [floats(1, 2)],
};
const slow = (times: number) => ({
  modelName: 'slow',
  inputs: [{ name: 'times', datatype: 'INT64', shape: [1], contents: { int64Contents: [times] } }],
});

const open = { FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1' };

/** Variables of a gateway with a new registry, which listens on Unix sockets. */
async function grpcVariables() {
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'), onnxVersion('slow', 'slow'));
  const folder = temporaryFolder();
  const [socketPath, grpcSocket] = [join(folder, 'gateway.sock'), join(folder, 'grpc.sock')];
  const variables = {
    FAIRLEAD_REGISTRY: registry,
    // On Unix sockets HTTP and gRPC don't know the address of a client unless a proxy names it.
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
    FAIRLEAD_GRPC_LISTEN: `unix:${grpcSocket}`,
  };
  return { socketPath, grpcSocket, variables };
}

async function start(more: Readonly<Record<string, string>> = {}) {
  const { grpcSocket, variables } = await grpcVariables();
  const { call, logged } = await startGateway({ ...variables, ...more });
  const { port } = await logged('listening for gRPC');
  const onPort = more.FAIRLEAD_GRPC_LISTEN !== undefined;
  return { call, send: grpcClient(onPort ? `127.0.0.1:${String(port)}` : `unix:${grpcSocket}`) };
}

test('speaks gRPC beside HTTP, with the keys, scopes and limits of HTTP', async () => {
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    affine: { scopes: ['infer:affine'] },
    twice: { scopes: ['infer:*', 'metrics'], limit: 2 },
    scraper: { scopes: ['metrics'] },
  });
  const { send, call } = await start({
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
  });
  const as = (name: keyof typeof keys) => ({ authorization: `Bearer ${keys[name]}` });

  expect(await send('ServerLive', {})).toEqual({ live: true });
  expect(await send('ServerReady', {})).toEqual({ ready: true });
  expect(await send('Check', {})).toEqual({ status: 'SERVING' });

  const { details, code } = await failure(send('ModelInfer', affine));
  expect(code).toBe(status.UNAUTHENTICATED);
  expect(details).toContain('An API key is required');
  expect((await failure(send('ModelMetadata', { name: 'affine' }))).code).toBe(
    status.UNAUTHENTICATED,
  );
  expect((await failure(send('ModelInfer', affine, { authorization: 'Bearer fl_no' }))).code).toBe(
    status.UNAUTHENTICATED,
  );
  const refused = await failure(send('ModelInfer', slow(1), as('affine')));
  expect(refused.code).toBe(status.PERMISSION_DENIED);
  expect(refused.details).toContain('"infer:slow"');

  const answer = await send('ModelInfer', affine, as('affine'));
  expect(answer).toMatchObject({ modelVersion: '1', rawOutputContents: [floats(3, 5)] });
  // A key needs no scope to read about a model, as over HTTP.
  expect(await send('ModelMetadata', { name: 'affine' }, as('scraper'))).toMatchObject({
    platform: 'onnx_onnxv1',
  });

  // One client has one limit over HTTP and gRPC.
  await send('ModelInfer', affine, as('twice'));
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
  const question = { body: { inputs }, headers: as('twice') };
  expect((await call('/v2/models/affine/infer', question)).status).toBe(200);
  const tooMany = await failure(send('ModelInfer', affine, as('twice')));
  expect(tooMany.code).toBe(status.RESOURCE_EXHAUSTED);
  expect(Number(tooMany.metadata.get('retry-after')[0])).toBeGreaterThan(0);
  expect((await call('/v2/models/affine/infer', question)).status).toBe(429);

  const { body } = await call('/metrics', { headers: as('scraper') });
  expect(body).toContain('nv_inference_request_success{model="affine",version="1"} 3');
});

test('refused keys are limited by the address, in the same count as over HTTP; forbidden calls by the client', async () => {
  const { keysFile, keys } = writeKeysFile(temporaryFolder(), {
    affine: { scopes: ['infer:affine'] },
    twice: { scopes: ['infer:affine'], limit: 2 },
  });
  const { send, call } = await start({
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: pepper,
    FAIRLEAD_REFUSED_KEYS_LIMIT: '3',
  });
  const guess = { authorization: 'Bearer fl_no' };
  const codeOf = async (method: string, message: object, metadata: Record<string, string>) =>
    (await failure(send(method, message, metadata))).code;
  expect(await codeOf('ModelInfer', affine, guess)).toBe(status.UNAUTHENTICATED);
  expect(await codeOf('ServerMetadata', {}, {})).toBe(status.UNAUTHENTICATED);
  expect((await call('/v2')).status).toBe(401);
  expect(await codeOf('ModelInfer', affine, guess)).toBe(status.RESOURCE_EXHAUSTED);
  expect(await codeOf('ServerMetadata', {}, {})).toBe(status.RESOURCE_EXHAUSTED);
  expect((await call('/v2')).status).toBe(429);
  const elsewhere = { ...guess, 'x-forwarded-for': '192.0.2.7' };
  expect(await codeOf('ModelInfer', affine, elsewhere)).toBe(status.UNAUTHENTICATED);
  const as = (name: keyof typeof keys) => ({ authorization: `Bearer ${keys[name]}` });
  await send('ModelInfer', affine, as('affine'));

  for (let count = 0; count < 2; count++) {
    expect(await codeOf('ModelInfer', slow(1), as('twice'))).toBe(status.PERMISSION_DENIED);
  }
  expect(await codeOf('ModelInfer', affine, as('twice'))).toBe(status.RESOURCE_EXHAUSTED);
});

test('without keys each client behind the proxy has a separate limit', async () => {
  const { send } = await start({ FAIRLEAD_RATE_LIMIT: '1' });
  const from = (address: string) => send('ModelInfer', affine, { 'x-forwarded-for': address });
  await from('192.0.2.1');
  expect((await failure(from('192.0.2.1'))).code).toBe(status.RESOURCE_EXHAUSTED);
  await from('192.0.2.2');
});

test('a message may be as large as a body', async () => {
  const { send } = await start({
    FAIRLEAD_MAX_BODY_BYTES: '200',
    FAIRLEAD_GRPC_LISTEN: '127.0.0.1:0',
  });
  expect(await send('ModelInfer', affine)).toMatchObject({ modelVersion: '1' });
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [50, 2] }];
  const large = { ...affine, inputs, rawInputContents: [Buffer.alloc(400)] };
  expect((await failure(send('ModelInfer', large))).code).toBe(status.RESOURCE_EXHAUSTED);
});

test('at SIGTERM calls in flight are answered, new ones are refused, and the process ends with 0', async () => {
  const { socketPath, grpcSocket, variables } = await grpcVariables();
  const gateway = startGatewayProcess({ ...open, ...variables });
  await gateway.logged('models loaded');
  const send = grpcClient(`unix:${grpcSocket}`);
  const { answers } = await sendSlow({ socketPath }, (times) => send('ModelInfer', slow(times)));
  gateway.signal('SIGTERM');
  expect(await answers).toMatchObject([{ modelVersion: '1' }]);
  expect(await gateway.ended).toBe(0);
  const refused = await new Promise((resolve) => {
    connect(grpcSocket)
      .on('error', () => {
        resolve(true);
      })
      .on('connect', () => {
        resolve(false);
      });
  });
  expect(refused).toBe(true);
});

test('listens on a Unix socket that systemd passes, beside the one of HTTP', async () => {
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'));
  const folder = temporaryFolder();
  const [http, grpc] = [join(folder, 'gateway.sock'), join(folder, 'grpc.sock')];
  const passed = {
    ...open,
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_LISTEN: 'fd:3',
    FAIRLEAD_GRPC_LISTEN: 'fd:4',
    ...processEnvironment,
  };
  const gateway = startGatewayProcess(passed, [
    'systemd-socket-activate',
    `--listen=${http}`,
    `--listen=${grpc}`,
    ...Object.keys(passed).map((name) => `--setenv=${name}`),
    ...gatewayCommand,
  ]);
  const send = grpcClient(`unix:${grpc}`);
  // The first connection starts it, and waits until the models are loaded.
  const answer = await until(() => send('ModelInfer', affine));
  expect(answer).toMatchObject({ modelName: 'affine', modelVersion: '1' });
  expect((await httpCall({ socketPath: http }, '/v2/health/ready')).status).toBe(200);
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
});

test('rejects a TCP socket that is passed for gRPC: the address of a client would be unknown', async () => {
  const socket = new BoundSocket({ host: '127.0.0.1' });
  onTestFinished(() => {
    socket.close();
  });
  const grpcListen = `fd:${socket.fd()}`;
  const starting = startGateway({
    FAIRLEAD_REGISTRY: temporaryFolder(),
    FAIRLEAD_GRPC_LISTEN: grpcListen,
  });
  await expect(starting).rejects.toThrow(
    `FAIRLEAD_GRPC_LISTEN is ${grpcListen}, which must be a Unix socket`,
  );
});

test('names an address for gRPC that cannot be used', async () => {
  const starting = startGateway({
    FAIRLEAD_REGISTRY: temporaryFolder(),
    FAIRLEAD_GRPC_LISTEN: `unix:${join(temporaryFolder(), 'missing', 'grpc.sock')}`,
  });
  await expect(starting).rejects.toThrow("FAIRLEAD_GRPC_LISTEN can't be used");
});
