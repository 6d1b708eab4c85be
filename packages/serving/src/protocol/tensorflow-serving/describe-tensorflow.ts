import {
  errorSchema as error,
  operation,
  type DescribedModel,
  type Paths,
} from '../../openapi-schema/operation.ts';
import { nestedSchema } from '../../openapi-schema/tensor-schema.ts';
import { columnsExample, columnsSchema } from '../columns-schema.ts';

/** TensorFlow Serving's part of an OpenAPI document. */
export function describeTensorFlow(models: readonly DescribedModel[]): Paths {
  const paths: Record<string, Paths[string]> = {};
  for (const { name, version, signature, example } of models) {
    const path = `/v1/models/${encodeURIComponent(name)}`;
    const [single, ...more] = signature.outputs;
    const outputs =
      single !== undefined && more.length === 0
        ? nestedSchema(single, 'output')
        : columnsSchema(signature.outputs, 'output');
    const about = { tag: name, error };
    const inputs = columnsSchema(signature.inputs, 'input');
    const body = {
      'application/json': {
        schema: { type: 'object', required: ['inputs'], properties: { inputs } },
        ...columnsExample(example),
      },
    };
    const answer = { type: 'object', required: ['outputs'], properties: { outputs } };
    const summary = `A prediction of ${name}, version ${version}, in columns`;
    const id = `tensorflow-serving.predict.${name}`;
    paths[`${path}:predict`] = { post: operation({ ...about, id, summary, body, answer }) };
    paths[path] = {
      get: operation({ ...about, id: `tensorflow-serving.status.${name}`, summary: 'State' }),
    };
    paths[`${path}/metadata`] = {
      get: operation({ ...about, id: `tensorflow-serving.metadata.${name}`, summary: 'Signature' }),
    };
  }
  return paths;
}
