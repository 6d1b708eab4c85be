import type { OpenApiDocument } from '@fairlead/serving';
import { problemResponse, timeSchema } from '../json-body/problem-response.ts';
import { MAX_LABELS } from './parse-labels.ts';

const label = {
  type: 'object',
  required: ['request_id', 'label'],
  additionalProperties: false,
  properties: {
    request_id: { type: 'string', maxLength: 1024 },
    row: { type: 'integer', minimum: 0, default: 0 },
    label: {
      anyOf: [{ type: 'string', maxLength: 1024 }, { type: 'number' }, { type: 'boolean' }],
    },
    observed_at: timeSchema,
  },
};

/** Describes the route of labels for an OpenAPI document. */
export function labelsPaths(models: readonly string[]): OpenApiDocument['paths'] {
  return Object.fromEntries(
    models.map((model) => [
      `/v2/models/${encodeURIComponent(model)}/labels`,
      {
        post: {
          operationId: `labels.add.${model}`,
          summary: `Add labels of captured requests of ${model}`,
          tags: [model],
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['labels'],
                  additionalProperties: false,
                  properties: { labels: { type: 'array', maxItems: MAX_LABELS, items: label } },
                },
                example: { labels: [{ request_id: 'a1', row: 0, label: 1 }] },
              },
            },
          },
          responses: {
            '200': {
              description: 'The labels are stored.',
              content: {
                'application/json': {
                  schema: {
                    type: 'object',
                    properties: { model: { type: 'string' }, labels: { type: 'integer' } },
                  },
                },
              },
            },
            default: problemResponse('No label was stored; the body says why.'),
          },
        },
      },
    ]),
  );
}
