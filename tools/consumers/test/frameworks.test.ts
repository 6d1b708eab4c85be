import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { slowness } from '@fairlead/test-support/slowness';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createConsumer, runNode, runTsc } from '../src/consumer.ts';
import { workspaceRoot } from '../src/workspace-root.ts';

/** Computes y = 2 x + 1. */
const affine = join(workspaceRoot, 'packages/serving/test/models/affine.onnx');
const fairlead = 'node_modules/@fairlead/cli/dist/bin.js';

const compilerOptions = {
  module: 'nodenext',
  target: 'es2023',
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  types: ['node'],
  outDir: 'out',
};

const files = {
  'tsconfig.json': JSON.stringify({ compilerOptions }),
  'models.ts': `
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { inferenceHandler, ModelServer } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';

const source = new ModelRegistry({ store: folderStore('./registry') });
export const models = new ModelServer({ source, runtimes: { onnx: onnxRuntime() } });
await models.serve('affine');
export const inference = inferenceHandler(models);`,

  'fastify.ts': `
import Fastify, { type FastifyInstance } from 'fastify';
import { createServer } from 'node:http';
import { inference } from './models.js';

function withRoutes(app: FastifyInstance): FastifyInstance {
  app.post('/echo', (request) => request.body);
  return app;
}

export const hook = withRoutes(Fastify());
hook.addHook('onRequest', (request, reply, done) => {
  inference(request.raw, reply.raw, () => {
    done();
  });
});

export const factory = withRoutes(Fastify({
  serverFactory: (handler) =>
    createServer((req, res) => {
      inference(req, res, () => {
        handler(req, res);
      });
    }),
}));

// Wrong: Fastify reads the body before it calls a route.
export const route = withRoutes(Fastify());
route.post('/v2/*', (request, reply) => {
  reply.hijack();
  inference(request.raw, reply.raw);
});`,

  'nest.ts': `
import 'reflect-metadata';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { inference } from './models.js';

@Controller()
class EchoController {
  @Post('echo')
  echo(@Body() body: unknown): unknown {
    return body;
  }
}

@Module({ controllers: [EchoController] })
class AppModule {}

export const nest = await NestFactory.create(AppModule, { logger: ['error'] });
nest.use(inference); // before Nest's body parser, which listen() adds

export const nestFastify = await NestFactory.create<NestFastifyApplication>(
  AppModule,
  new FastifyAdapter(),
  { logger: ['error'] },
);
nestFastify.use(inference);`,

  'main.ts': `
import { factory, hook, route } from './fastify.js';
import { models } from './models.js';
import { nest, nestFastify } from './nest.js';

await nest.listen(0, '127.0.0.1');
await nestFastify.listen(0, '127.0.0.1');
const urls = {
  nest: await nest.getUrl(),
  nestFastify: await nestFastify.getUrl(),
  hook: await hook.listen({ port: 0 }),
  factory: await factory.listen({ port: 0 }),
  route: await route.listen({ port: 0 }),
};
process.on('SIGTERM', async () => {
  await Promise.all([nest, nestFastify, hook, factory, route].map((app) => app.close()));
  await models.close();
});
console.log(JSON.stringify(urls));`,
};

type App = 'nest' | 'nestFastify' | 'hook' | 'factory' | 'route';

let service: ChildProcess | undefined;
let urls: Readonly<Record<App, string>>;

beforeAll(async () => {
  const project = createConsumer({
    manifest: { type: 'module' },
    dependencies: [
      '@types/node',
      'fastify',
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/platform-fastify',
      'reflect-metadata',
      'rxjs',
    ],
    files,
  });
  copyFileSync(affine, join(project, 'affine.onnx'));
  const compiled = runTsc(project);
  for (const args of [
    ['registry', 'init'],
    ['model', 'push', 'affine', 'affine.onnx'],
    ['model', 'promote', 'affine', '1'],
  ]) {
    const run = await runNode(project, fairlead, ...args, '--registry', 'registry');
    expect(run.exitCode, run.output).toBe(0);
  }
  expect(await compiled).toEqual({ exitCode: 0, output: '' });

  service = spawn(process.execPath, ['--no-warnings', join('out', 'main.js')], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (service.stdout === null) throw new Error('the service has no standard output');
  for await (const line of createInterface({ input: service.stdout })) {
    urls = JSON.parse(line) as typeof urls;
    break;
  }
});

afterAll(async () => {
  if (service?.exitCode !== null) return;
  const exited = once(service, 'exit');
  service.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

function post(app: App, path: string, body: unknown): Promise<Response> {
  return fetch(urls[app] + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
}

const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [3, -0.5] }];

describe.each([
  ['a Nest app on Express by app.use', 'nest'],
  ['a Nest app on Fastify by app.use', 'nestFastify'],
  ['a Fastify app by an onRequest hook', 'hook'],
  ['a Fastify app by serverFactory', 'factory'],
] as const)('the inference handler in %s', (_title, app) => {
  it('predicts', async () => {
    const response = await post(app, '/v2/models/affine/infer', { inputs });
    expect(response.status).toBe(200);
    expect(response.headers.get('fairlead-version')).toBe('1');
    expect(await response.json()).toMatchObject({
      model_name: 'affine',
      outputs: [{ name: 'y', data: [7, 0] }],
    });
  });

  it('rejects wrong inputs with 400 and an unknown model with 404', async () => {
    expect((await post(app, '/v2/models/affine/infer', { inputs: [] })).status).toBe(400);
    expect((await post(app, '/v2/models/other/infer', { inputs })).status).toBe(404);
  });

  it("leaves the app's own routes and their parsed bodies as they are", async () => {
    const response = await post(app, '/echo', { text: 'ä' });
    expect(await response.json()).toEqual({ text: 'ä' });
    expect((await post(app, '/nowhere', {})).status).toBe(404);
  });
});

it('a handler in a Fastify route answers 500 at once and says where to mount it', async () => {
  const startedAt = performance.now();
  const response = await post('route', '/v2/models/affine/infer', { inputs });
  expect(performance.now() - startedAt).toBeLessThan(2000 * slowness());
  expect(response.status).toBe(500);
  const { error } = (await response.json()) as { readonly error: string };
  expect(error).toContain('in Fastify, pass requests to the handler from an onRequest hook');
});
