import type { OpenApiDocument } from '@fairlead/serving';
import { problemResponse, timeSchema } from '../json-body/problem-response.ts';
import { MAX_KEY_LENGTH, MAX_METRIC_LENGTH, MAX_OUTCOMES, MAX_VALUE } from './parse-outcomes.ts';

const responseSchema = {
  type: 'object',
  required: ['outcomes', 'counted'],
  properties: {
    outcomes: { type: 'integer' },
    counted: { type: 'integer' },
    waiting: {
      type: 'integer',
      description: 'Outcomes of users whose answer is not known yet: they count as soon as it is.',
    },
    uncounted: {
      type: 'array',
      items: {
        type: 'object',
        required: ['model', 'reason', 'outcomes', 'detail'],
        properties: {
          model: { type: 'string' },
          reason: {
            type: 'string',
            enum: ['no_test', 'unknown_metric', 'before_start', 'unknown_user'],
          },
          metric: { type: 'string' },
          outcomes: { type: 'integer' },
          detail: { type: 'string' },
        },
      },
    },
  },
};

/** Describes the route of outcomes for an OpenAPI document. */
export function outcomesPaths(models: readonly string[]): OpenApiDocument['paths'] {
  const [model] = models;
  if (model === undefined) return {};
  const outcome = {
    type: 'object',
    required: ['model', 'key', 'metric', 'value'],
    additionalProperties: false,
    properties: {
      model: { type: 'string', enum: models },
      key: { type: 'string', minLength: 1, maxLength: MAX_KEY_LENGTH },
      metric: { type: 'string', minLength: 1, maxLength: MAX_METRIC_LENGTH },
      value: { type: 'number', minimum: -MAX_VALUE, maximum: MAX_VALUE },
      at: timeSchema,
    },
  };
  return {
    '/v2/outcomes': {
      post: {
        operationId: 'outcomes.add',
        summary: 'Add outcomes of users of A/B tests, by their routing keys',
        tags: ['outcomes'],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['outcomes'],
                additionalProperties: false,
                properties: {
                  outcomes: { type: 'array', maxItems: MAX_OUTCOMES, items: outcome },
                },
              },
              example: { outcomes: [{ model, key: 'user-7', metric: 'conversion', value: 1 }] },
            },
          },
        },
        responses: {
          '202': {
            description: 'The outcomes are counted, those of a running A/B test.',
            content: { 'application/json': { schema: responseSchema } },
          },
          default: problemResponse('No outcome was counted; the body says why.'),
        },
      },
    },
  };
}
