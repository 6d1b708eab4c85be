import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata, type Server as GrpcServer } from '@grpc/grpc-js';
import request from 'supertest';
import { expect, onTestFinished, test } from 'vitest';
import { ModelServer, type ServingErrorCode } from '@fairlead/serving';
import { affine, MemorySource } from './memory-source.ts';

const packageFolder = new URL('../', import.meta.url);
const exampleOf = (readme: URL): string =>
  /```ts\n(.*?)```/s.exec(readFileSync(readme, 'utf8'))?.[1] ?? '';

test("the README's example of at most 15 lines serves a model from a registry as it stands", async () => {
  const code = exampleOf(new URL('README.md', packageFolder));
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(15);

  // The registry's own name, so that the example runs against the real one; this package doesn't depend on it.
  const registry = '@fairlead/registry';
  const { folderStore, ModelRegistry } = (await import(/* @vite-ignore */ registry)) as {
    folderStore: (path: string, options: { create: boolean }) => object;
    ModelRegistry: new (options: { store: object }) => {
      push(request: object): Promise<unknown>;
      setAlias(model: string, alias: string, version: number, options: object): Promise<unknown>;
    };
  };
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-readme-'));
  const store = folderStore(join(folder, 'registry'), { create: true });
  const source = new ModelRegistry({ store });
  await source.push({
    model: 'digits',
    runtime: { name: 'onnx' },
    signature: affine,
    files: { 'model.onnx': fileURLToPath(new URL('models/affine.onnx', import.meta.url)) },
    actor: 'test',
  });
  await source.setAlias('digits', 'champion', 1, { actor: 'test' });

  // Inside the package, so that what it imports resolves; the registry is looked for in the current folder.
  const file = new URL(`test/.readme-${process.pid}.ts`, packageFolder);
  writeFileSync(file, code.replace("'./registry'", JSON.stringify(join(folder, 'registry'))));
  onTestFinished(() => {
    rmSync(file);
    rmSync(folder, { recursive: true });
  });
  const { app, models } = (await import(/* @vite-ignore */ file.href)) as {
    app: RequestListener;
    models: ModelServer;
  };
  const inputs = [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }];
  const response = await request(app).post('/v2/models/digits/infer').send({ inputs }).expect(200);
  expect(response.body).toMatchObject({
    model_version: '1',
    outputs: [{ name: 'y', data: [3, 5] }],
  });
  await models.close();
});

test('the example of gRPC, of at most 15 lines, serves as it stands', async () => {
  const examples = readFileSync(new URL('README.md', packageFolder), 'utf8').matchAll(
    /```ts\n(.*?)```/gs,
  );
  const code =
    [...examples].map(([, each = '']) => each).find((each) => each.includes('serveGrpc')) ?? '';
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  const file = new URL(`test/.readme-grpc-${process.pid}.ts`, packageFolder);
  writeFileSync(file, code);
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-readme-'));
  onTestFinished(() => {
    rmSync(file);
    rmSync(folder, { recursive: true });
  });
  const { serveGrpc } = (await import(/* @vite-ignore */ file.href)) as {
    serveGrpc: (models: ModelServer, address: string) => GrpcServer;
  };
  const models = new ModelServer({ source: new MemorySource([]), runtimes: {} });
  const address = `unix:${join(folder, 'grpc.sock')}`;
  const server = serveGrpc(models, address);
  const client = new Client(address, credentials.createInsecure());
  const live = await new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/inference.GRPCInferenceService/ServerLive',
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
      Buffer.alloc(0),
      new Metadata({ waitForReady: true }),
      { deadline: Date.now() + 20_000 },
      (error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      },
    );
  });
  // The message: field 1, a varint, true.
  expect(live).toEqual(Buffer.from([0x08, 0x01]));
  client.close();
  server.forceShutdown();
});

test('every error code has its paragraph, and every paragraph its code', () => {
  const codes: Record<ServingErrorCode, true> = {
    ERR_SERVING_ALREADY_LOADED: true,
    ERR_SERVING_BAD_REQUEST: true,
    ERR_SERVING_BODY_TOO_LARGE: true,
    ERR_SERVING_CANCELED: true,
    ERR_SERVING_CIRCUIT_OPEN: true,
    ERR_SERVING_CLIENT_LIMIT: true,
    ERR_SERVING_CLOSED: true,
    ERR_SERVING_COST_LIMIT: true,
    ERR_SERVING_COST_TOO_LARGE: true,
    ERR_SERVING_DEADLINE_EXCEEDED: true,
    ERR_SERVING_GOLDEN_MISMATCH: true,
    ERR_SERVING_IDEMPOTENCY_MISMATCH: true,
    ERR_SERVING_INVALID_OPTION: true,
    ERR_SERVING_JOBS_FULL: true,
    ERR_SERVING_JOBS_OWNER_LIMIT: true,
    ERR_SERVING_JOB_CANCELED: true,
    ERR_SERVING_JOB_FAILED: true,
    ERR_SERVING_JOB_NOT_FINISHED: true,
    ERR_SERVING_JOB_NOT_FOUND: true,
    ERR_SERVING_JOB_STORE_FAILED: true,
    ERR_SERVING_LIMITS_UNAVAILABLE: true,
    ERR_SERVING_LOAD_FAILED: true,
    ERR_SERVING_METHOD_NOT_ALLOWED: true,
    ERR_SERVING_MODEL_NOT_FOUND: true,
    ERR_SERVING_NO_ROOM: true,
    ERR_SERVING_NOT_ACCEPTABLE: true,
    ERR_SERVING_NOT_READY: true,
    ERR_SERVING_OVERLOADED: true,
    ERR_SERVING_PATH_NOT_FOUND: true,
    ERR_SERVING_ROWS_DEPENDENT: true,
    ERR_SERVING_RUN_FAILED: true,
    ERR_SERVING_UNSUPPORTED: true,
    ERR_SERVING_TOO_MANY_ROWS: true,
    ERR_SERVING_UNSUPPORTED_MEDIA_TYPE: true,
    ERR_SERVING_UPSTREAM_FAILED: true,
    ERR_SERVING_UPSTREAM_UNREACHABLE: true,
    ERR_SERVING_VERSION_NOT_FOUND: true,
  };
  const page = readFileSync(new URL('../../docs/errors/serving.md', packageFolder), 'utf8');
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual(Object.keys(codes).sort());
});
