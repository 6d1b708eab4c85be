import { encodeTensor, type TensorSpec } from '@fairlead/signature';
import {
  errorSchema as error,
  operation,
  type DescribedModel,
  type Paths,
} from '../../openapi-schema/operation.ts';
import { tensorSchema, type JsonSchema, type Side } from '../../openapi-schema/tensor-schema.ts';
import type { OpenInferenceExtension } from './extension.ts';

const ABOUT_ALL = 'open-inference';

/** The Open Inference Protocol's part of an OpenAPI document. */
export function describeOpenInference(
  models: readonly DescribedModel[],
  on: ReadonlySet<OpenInferenceExtension>,
): Paths {
  const read = (id: string, summary: string, tag = ABOUT_ALL) => ({
    get: operation({ id: `open-inference.${id}`, summary, tag, error }),
  });
  const empty = { 'application/json': { schema: { type: 'object' }, example: {} } };
  const change = (id: string, summary: string, tag = ABOUT_ALL) => ({
    post: operation({
      id: `open-inference.${id}`,
      summary,
      tag,
      error,
      body: empty,
      bodyRequired: false,
    }),
  });
  const paths: Record<string, Paths[string]> = {
    '/v2': read('server', 'Name, version and extensions of the server'),
    '/v2/health/live': read('live', 'Whether the server lives'),
    '/v2/health/ready': read('ready', 'Whether every model can answer'),
    ...(on.has('statistics') && { '/v2/models/stats': read('stats', 'Statistics of all models') }),
    ...(on.has('model_repository') && {
      '/v2/repository/index': change('index', 'Every model that is or could be loaded'),
    }),
  };
  for (const model of models) {
    const { name } = model;
    const path = `/v2/models/${encodeURIComponent(name)}`;
    const repository = `/v2/repository/models/${encodeURIComponent(name)}`;
    paths[`${path}/infer`] = { post: inferOperation(model) };
    paths[path] = read(`metadata.${name}`, 'What the model takes and gives', name);
    paths[`${path}/ready`] = read(`ready.${name}`, 'Whether the model can answer', name);
    if (on.has('statistics')) paths[`${path}/stats`] = read(`stats.${name}`, 'Statistics', name);
    if (!on.has('model_repository')) continue;
    paths[`${repository}/load`] = change(`load.${name}`, 'Load the newest version', name);
    paths[`${repository}/unload`] = change(`unload.${name}`, 'Unload the model', name);
  }
  return paths;
}

function inferOperation({ name, version, signature, example }: DescribedModel) {
  const schema: JsonSchema = {
    type: 'object',
    required: ['inputs'],
    properties: {
      id: { type: 'string' },
      parameters: { type: 'object' },
      inputs: tensorList(signature.inputs, 'input'),
      outputs: {
        type: 'array',
        description: 'The outputs that are wanted; all without it.',
        items: {
          type: 'object',
          required: ['name'],
          properties: { name: { enum: signature.outputs.map((output) => output.name) } },
        },
      },
    },
  };
  return operation({
    id: `open-inference.infer.${name}`,
    summary: `A prediction of ${name}, version ${version}`,
    tag: name,
    body: {
      'application/json': {
        schema,
        ...(example !== undefined && {
          example: { inputs: example.map((tensor) => JSON.parse(encodeTensor(tensor)) as unknown) },
        }),
      },
    },
    answer: {
      type: 'object',
      required: ['model_name', 'model_version', 'outputs'],
      properties: {
        model_name: { const: name },
        model_version: { type: 'string' },
        id: { type: 'string' },
        outputs: tensorList(signature.outputs, 'output'),
      },
    },
    error,
  });
}

function tensorList(specs: readonly TensorSpec[], side: Side): JsonSchema {
  return {
    type: 'array',
    ...(specs.length > 0 && { items: { oneOf: specs.map((spec) => tensorSchema(spec, side)) } }),
    ...(side === 'input' && { minItems: specs.length }),
    maxItems: specs.length,
  };
}
