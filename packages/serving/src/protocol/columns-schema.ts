import type { Tensor, TensorSpec } from '@fairlead/signature';
import { nestedSchema, type JsonSchema, type Side } from '../openapi-schema/tensor-schema.ts';
import { encodeColumns } from './nested-tensor.ts';

/** Schema of several tensors as an object of nested lists. */
export function columnsSchema(specs: readonly TensorSpec[], side: Side): JsonSchema {
  return {
    type: 'object',
    required: specs.map(({ name }) => name),
    properties: Object.fromEntries(specs.map((spec) => [spec.name, nestedSchema(spec, side)])),
  };
}

/** A body with the tensors as an object of nested lists, `{"inputs":{…}}`, as the example of it. */
export function columnsExample(tensors: readonly Tensor[] | undefined): { example?: unknown } {
  if (tensors === undefined) return {};
  return { example: { inputs: JSON.parse(encodeColumns(tensors)) as unknown } };
}
