/** Describes the response of a request that was refused, for an OpenAPI document. */
export function problemResponse(description: string) {
  return {
    description,
    content: {
      'application/problem+json': {
        schema: {
          type: 'object',
          required: ['code', 'detail'],
          properties: { code: { type: 'string' }, detail: { type: 'string' } },
        },
      },
    },
  };
}

/** Schema of a time, as `timeOf` reads it. */
export const timeSchema = { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }] };
