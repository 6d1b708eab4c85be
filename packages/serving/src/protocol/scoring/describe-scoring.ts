import { encodeTensorData } from '@fairlead/signature';
import {
  operation,
  type DescribedModel,
  type Operation,
  type Paths,
} from '../../openapi-schema/operation.ts';
import { nestedSchema, type JsonSchema } from '../../openapi-schema/tensor-schema.ts';
import { columnsExample, columnsSchema } from '../columns-schema.ts';

/** Common part of the operations of a scoring protocol. */
export interface ScoringPart {
  readonly protocol: string;
  readonly error: JsonSchema;
}

/** Description of a path that only reads. */
export function describeRead(
  { protocol, error }: ScoringPart,
  id: string,
  summary: string,
  answerType = 'application/json',
): Paths[string] {
  return { get: operation({ id: `${protocol}.${id}`, summary, tag: protocol, error, answerType }) };
}

/** Descriptions of the paths of the model that `/invocations` invokes. */
export function describeMain(
  part: ScoringPart,
  model: string,
  models: readonly DescribedModel[],
): Paths {
  const main = models.find(({ name }) => name === model);
  return {
    ...(main && { '/invocations': { post: describeInvocations(part, main) } }),
    '/ping': describeRead(part, 'ping', 'Whether the model can answer', 'text/plain'),
  };
}

/** Description of a scoring request for one model. */
export function describeInvocations(
  { protocol, error }: ScoringPart,
  { name, version, signature, example }: DescribedModel,
  id = 'invocations',
): Operation {
  const schema: JsonSchema = {
    type: 'object',
    description: 'Exactly one of dataframe_split, dataframe_records, instances and inputs.',
    properties: {
      dataframe_split: { type: 'object' },
      dataframe_records: { type: 'array', items: { type: 'object' } },
      instances: { type: 'array' },
      inputs: { anyOf: [columnsSchema(signature.inputs, 'input'), { type: 'array' }] },
      params: { type: 'object' },
    },
  };
  const [single, ...more] = signature.outputs;
  const alone = single !== undefined && more.length === 0;
  const predictions = alone ? nestedSchema(single, 'output') : {};
  return operation({
    id: `${protocol}.${id}`,
    summary: `A prediction of ${name}, version ${version}`,
    tag: name,
    error,
    body: {
      'application/json': { schema, ...columnsExample(example) },
      ...csvContent(signature.inputs.length, example, signature.inputs[0]?.features),
    },
    answer: { type: 'object', required: ['predictions'], properties: { predictions } },
  });
}

/** CSV where that is plain to write: one input of numbers in rows, whose features have simple names. */
function csvContent(
  inputs: number,
  example: DescribedModel['example'],
  features: readonly { readonly name: string }[] | undefined,
) {
  const [tensor] = example ?? [];
  const names = features?.map(({ name }) => name) ?? [];
  const simple = names.length > 0 && names.every((name) => /^[\w ().-]+$/.test(name));
  if (inputs !== 1 || tensor === undefined || !simple) return {};
  const { datatype, shape } = tensor;
  if (shape.length !== 2 || shape[0] === 0 || !/^(?:U?INT|FP(?:32|64))/.test(datatype)) return {};
  const cells = encodeTensorData(tensor).slice(1, -1).split(',');
  const rows = Array.from({ length: shape[0] ?? 0 }, (_, row) =>
    cells.slice(row * names.length, (row + 1) * names.length).join(','),
  );
  const text = [names.join(','), ...rows, ''].join('\n');
  return { 'text/csv': { schema: { type: 'string' }, example: text } };
}
