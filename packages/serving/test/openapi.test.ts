import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Ajv2020 } from 'ajv/dist/2020.js';
import express from 'express';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Signature } from '@fairlead/signature';
import {
  inferenceHandler,
  mlflowScoring,
  ModelServer,
  openApiDocument,
  openApiHandler,
  openInference,
  sageMaker,
  tensorFlowServing,
  type Protocol,
  type OpenApiDocument,
  type Operation,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { ManyModels } from './many-models.ts';
import { affine, MemorySource } from './memory-source.ts';

const iris: Signature = {
  inputs: [
    {
      name: 'x',
      datatype: 'FP32',
      shape: [-1, 2],
      features: [
        { name: 'width', range: { min: 1.5, max: 9 }, units: 'mm', description: 'Across' },
        { name: 'kind', categories: [3, 4] },
      ],
    },
  ],
  outputs: affine.outputs,
};
const echo: Signature = {
  inputs: [
    { name: 'whole', datatype: 'INT64', shape: [-1], range: { min: 7 } },
    { name: 'text', datatype: 'BYTES', shape: [-1], categories: ['é"', 'b'] },
    { name: 'half', datatype: 'FP16', shape: [-1], range: { max: -0.5 } },
    { name: 'flag', datatype: 'BOOL', shape: [-1] },
  ],
  outputs: [
    { name: 'whole_out', datatype: 'INT64', shape: [-1] },
    { name: 'text_out', datatype: 'BYTES', shape: [-1] },
    { name: 'half_out', datatype: 'FP16', shape: [-1] },
    { name: 'flag_out', datatype: 'BOOL', shape: [-1] },
  ],
};
const golden = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2], data: [3, 5, 7, 9] }],
};
const odd = 'ö {odd}/name';
const source = new ManyModels({
  affine: new MemorySource([
    { signature: affine, goldenExamples: [golden] },
    { signature: affine, file: 'affine-next.onnx' },
  ]),
  echo: new MemorySource([{ signature: echo, file: 'echo.onnx' }]),
  iris: new MemorySource([{ signature: iris }]),
  [odd]: new MemorySource([{ signature: affine }]),
});
const models = new ModelServer({ source, runtimes: { onnx: onnxRuntime() } });
const extensions = [
  'binary_tensor_data',
  'classification',
  'model_repository',
  'statistics',
] as const;
const variants: Readonly<Record<string, readonly Protocol[]>> = {
  'with SageMaker': [
    openInference({ extensions }),
    tensorFlowServing(),
    sageMaker({ model: 'iris', modelControl: true }),
  ],
  'with MLflow': [openInference({ extensions: [] }), mlflowScoring({ model: 'iris' })],
  'with everything off': [],
};
const servers: Server[] = [];
beforeAll(async () => {
  await Promise.all([...source.sources.keys()].map((model) => models.serve(model)));
});
afterAll(async () => {
  for (const server of servers) server.close();
  await models.close();
});

async function listen(protocols: readonly Protocol[]): Promise<string> {
  const document = openApiHandler(models, { protocols, title: 'Test', secured: true });
  const infer = inferenceHandler(models, { protocols });
  const server = createServer((req, res) => {
    document(req, res, () => {
      infer(req, res);
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function documentAt(origin: string): Promise<OpenApiDocument> {
  const response = await fetch(`${origin}/openapi.json`);
  expect(response.headers.get('content-type')).toBe('application/json');
  return (await response.json()) as OpenApiDocument;
}

interface Named {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** Every operation, those last that take a model away. */
function operationsOf({ paths }: OpenApiDocument): readonly Named[] {
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  const isLast = ({ operation }: Named) => operation.operationId.includes('unload');
  return [...all.filter((each) => !isLast(each)), ...all.filter(isLast)];
}

const python = new URL('../../../.venv/bin/python', import.meta.url);
const VALIDATE = `
import json, sys
from openapi_spec_validator import validate
for line in sys.stdin:
    try:
        validate(json.loads(line))
        print("valid", flush=True)
    except Exception as error:
        print(repr(error).replace("\\n", " "), flush=True)
`;
/** One process for all documents: its start takes longer than the validation. */
const validator = spawn(python.pathname, ['-c', VALIDATE], { stdio: ['pipe', 'pipe', 'inherit'] });
const verdicts = createInterface(validator.stdout)[Symbol.asyncIterator]();
afterAll(() => validator.kill());

async function validateInPython(document: OpenApiDocument): Promise<unknown> {
  validator.stdin.write(`${JSON.stringify(document)}\n`);
  return (await verdicts.next()).value;
}

const ajv = new Ajv2020({ strict: false, formats: { int64: true, uint64: true } });

describe.each(Object.entries(variants))('%s', (_name, protocols) => {
  test('the document is valid for two independent validators', async () => {
    const document = await documentAt(await listen(protocols));
    expect(await new Validator().validate(structuredClone(document))).toMatchObject({
      valid: true,
    });
    expect(await validateInPython(document)).toBe('valid');
    const ids = operationsOf(document).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('every operation works as it is described, with the very examples of the document', async () => {
    const origin = await listen(protocols);
    for (const { path, method, operation } of operationsOf(await documentAt(origin))) {
      const where = `${method} ${path}`;
      const contents = Object.entries(operation.requestBody?.content ?? { '': undefined });
      for (const [type, content] of contents) {
        // A load of SageMaker's needs a name that isn't loaded.
        if (operation.operationId === 'sagemaker.load') continue;
        const example = content?.example;
        if (content !== undefined) expect(example, where).toBeDefined();
        if (content !== undefined && type === 'application/json') {
          ajv.validate(content.schema, example);
          expect(ajv.errors, where).toBeNull();
        }
        if (operation.operationId.startsWith('sagemaker.unload.')) {
          const model = operation.operationId.slice('sagemaker.unload.'.length);
          if (!models.models.includes(model)) await models.load(model);
        }
        const response = await fetch(origin + path, {
          method: method.toUpperCase(),
          ...(content !== undefined && {
            headers: { 'content-type': type },
            body: typeof example === 'string' ? example : JSON.stringify(example),
          }),
        });
        const text = await response.text();
        expect({ where, status: response.status, text }).toMatchObject({ status: 200 });
        const answers = operation.responses['200']?.content ?? {};
        const answerType = response.headers.get('content-type') ?? '';
        expect(Object.keys(answers), where).toEqual([answerType]);
        if (answerType !== 'application/json') continue;
        ajv.validate(answers[answerType]?.schema ?? false, JSON.parse(text));
        expect(ajv.errors, `${where}: ${text}`).toBeNull();
      }
    }
    await Promise.all([...source.sources.keys()].map((model) => models.load(model)));
  });
});

const exampleOf = (document: OpenApiDocument, path: string): unknown =>
  document.paths[path]?.post?.requestBody?.content['application/json']?.example;

describe('the document', () => {
  test('is of the versions that are loaded now', async () => {
    const origin = await listen([openInference()]);
    const path = '/v2/models/affine/infer';
    expect((await documentAt(origin)).paths[path]?.post?.summary).toContain('version 1');
    source.sources.get('affine')?.point(2);
    await models.load('affine');
    expect((await documentAt(origin)).paths[path]?.post?.summary).toContain('version 2');
    await models.unload('affine');
    expect(Object.keys((await documentAt(origin)).paths)).not.toContain(path);
    source.sources.get('affine')?.point(1);
    await models.load('affine');
  });

  test('shows a golden example, or values that ranges and categories allow', async () => {
    const document = await documentAt(await listen([openInference(), tensorFlowServing()]));
    expect(exampleOf(document, '/v2/models/affine/infer')).toEqual({ inputs: golden.inputs });
    expect(exampleOf(document, '/v1/models/iris:predict')).toEqual({ inputs: { x: [[1.5, 3]] } });
    expect(exampleOf(document, '/v1/models/echo:predict')).toEqual({
      inputs: { whole: [7], text: ['é"'], half: [-0.5], flag: [false] },
    });
  });

  test('has ranges, categories and shapes: its schemas reject what the server rejects', async () => {
    const origin = await listen([tensorFlowServing(), openInference()]);
    const document = await documentAt(origin);
    const path = '/v1/models/iris:predict';
    const content = document.paths[path]?.post?.requestBody?.content['application/json'];
    for (const row of [[1.4, 3], [9.5, 3], [2, 5], [2], [2, 3, 4], ['2', 3], [null, 3]]) {
      const body = { inputs: { x: [row] } };
      expect(ajv.validate(content?.schema ?? true, body), JSON.stringify(row)).toBe(false);
      const sent = { method: 'POST', body: JSON.stringify(body) };
      expect((await fetch(origin + path, sent)).status, JSON.stringify(row)).toBe(400);
    }
  });

  test('shows the example of a model only to clients that may see it, in every protocol', async () => {
    const handler = openApiHandler(models, {
      protocols: variants['with SageMaker'] ?? [],
      showsExample: (req, model) => req.headers['x-may'] === model,
    });
    const server = createServer(handler).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const documentFor = async (model: string): Promise<OpenApiDocument> => {
      const answer = await fetch(`http://127.0.0.1:${port}/openapi.json`, {
        headers: { 'x-may': model },
      });
      return (await answer.json()) as OpenApiDocument;
    };
    // Twice: what is stored for one client is not shown to another.
    for (const model of ['affine', 'iris', 'none', 'affine', 'none']) {
      const document = await documentFor(model);
      const shown = Object.entries(document.paths).flatMap(([path, { post }]) =>
        Object.values(post?.requestBody?.content ?? {}).some(
          ({ example }) =>
            example !== undefined && !['{}', '{"ready":true}'].includes(JSON.stringify(example)),
        )
          ? [path]
          : [],
      );
      if (model === 'none') expect(shown).toEqual([]);
      else expect(shown.length).toBeGreaterThan(0);
      for (const path of shown) expect(path === '/invocations' ? 'iris' : path).toContain(model);
      expect(document.paths['/v2/models/affine/infer']?.post).toBeDefined();
    }
    server.close();
    server.closeAllConnections();
  });

  test.each([
    ['returns a promise', () => Promise.resolve(false)],
    ['returns a number', () => 1],
    [
      'throws',
      () => {
        throw new Error('no session');
      },
    ],
  ])('shows nothing where the function that decides on examples %s', async (_what, shows) => {
    const handler = openApiHandler(models, {
      protocols: [openInference()],
      showsExample: shows as unknown as () => boolean,
    });
    const passed: unknown[] = [];
    const server = createServer((req, res) => {
      if (req.url === '/openapi.json') handler(req, res);
      else
        handler(Object.assign(req, { url: '/openapi.json' }), res, (error) => {
          passed.push(error);
          res.end('passed to next');
        });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const alone = await fetch(`http://127.0.0.1:${port}/openapi.json`);
    expect([alone.status, await alone.text()]).toEqual([500, '']);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('passed to next');
    expect(passed).toEqual([expect.any(Error)]);
    server.close();
    server.closeAllConnections();
  });

  test('names the path that the handler is mounted below', async () => {
    const server = createServer(
      express().use('/ml', openApiHandler(models, { protocols: [openInference()] })),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const document = await documentAt(`http://127.0.0.1:${port}/ml`);
    expect(document.servers).toEqual([{ url: '/ml' }]);
    server.close();
    server.closeAllConnections();
  });

  test('leaves out an example that would bury the rest, not the operation', () => {
    const shape = [1, 224, 224, 3];
    const [version] = models.loadedVersions;
    if (version === undefined) throw new Error('nothing is loaded');
    const image: Signature = {
      inputs: [{ name: 'x', datatype: 'UINT8', shape }],
      outputs: affine.outputs,
    };
    const large = Object.create(version, {
      signature: { value: image },
      goldenExamples: { value: [] },
      label: { value: { model: 'image', version: '1' } },
    }) as typeof version;
    const document = openApiDocument([large], { protocols: [openInference()] });
    expect(document.paths['/v2/models/image/infer']?.post).toBeDefined();
    expect(exampleOf(document, '/v2/models/image/infer')).toBeUndefined();
    expect(JSON.stringify(document).length).toBeLessThan(20_000);
  });

  test('is read only', async () => {
    const origin = await listen([openInference()]);
    const head = await fetch(`${origin}/openapi.json?x`, { method: 'HEAD' });
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1000);
    expect((await fetch(`${origin}/openapi.json`, { method: 'POST' })).status).toBe(404);
  });
});
