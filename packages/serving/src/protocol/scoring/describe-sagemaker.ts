import {
  errorSchema,
  operation,
  type DescribedModel,
  type Paths,
} from '../../openapi-schema/operation.ts';
import {
  describeInvocations,
  describeMain,
  describeRead,
  type ScoringPart,
} from './describe-scoring.ts';

/** Paths of one model, with its name and whether it is invoked. */
export const MODEL_PATH = /^\/models\/([a-z0-9._-]+)(\/invoke)?$/;
const SAGEMAKER: ScoringPart = { protocol: 'sagemaker', error: errorSchema };

/** SageMaker's part of an OpenAPI document. */
export function describeSageMaker(
  main: string,
  models: readonly DescribedModel[],
  modelControl: boolean,
): Paths {
  const { error } = SAGEMAKER;
  const paths: Record<string, Paths[string]> = {
    ...describeMain(SAGEMAKER, main, models),
    '/models': {
      ...describeRead(SAGEMAKER, 'models', 'The models that are served'),
      ...(modelControl && {
        post: operation({
          id: 'sagemaker.load',
          summary: 'Load a model',
          tag: 'sagemaker',
          body: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['model_name'],
                properties: { model_name: { type: 'string' }, url: { type: 'string' } },
              },
            },
          },
          error,
        }),
      }),
    },
  };
  for (const model of models) {
    const { name } = model;
    if (!MODEL_PATH.test(`/models/${name}`)) continue;
    paths[`/models/${name}`] = {
      ...describeRead(SAGEMAKER, `model.${name}`, `Whether ${name} is served`),
      ...(modelControl && {
        delete: operation({
          id: `sagemaker.unload.${name}`,
          summary: 'Unload it',
          tag: name,
          error,
        }),
      }),
    };
    paths[`/models/${name}/invoke`] = {
      post: describeInvocations(SAGEMAKER, model, `invoke.${name}`),
    };
  }
  return paths;
}
