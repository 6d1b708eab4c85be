import { datatypes, type Datatype, type TensorSpec, type ValueSpec } from '@fairlead/signature';

/** A JSON Schema (2020-12), as OpenAPI 3.1 has it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Direction of a schema, inputs or outputs: NaN is `null`, and an output that is infinite as well. */
export type Side = 'input' | 'output';

/** Schema of a tensor in the JSON of the Open Inference Protocol. */
export function tensorSchema(spec: TensorSpec, side: Side): JsonSchema {
  const { name, datatype, shape } = spec;
  return {
    type: 'object',
    ...describe(spec),
    required: ['name', 'datatype', 'shape', 'data'],
    properties: {
      name: { const: name },
      datatype: { const: datatype },
      shape: {
        type: 'array',
        prefixItems: shape.map((length) =>
          length === -1 ? { type: 'integer', minimum: 0 } : { const: length },
        ),
        minItems: shape.length,
        maxItems: shape.length,
      },
      data: {
        type: 'array',
        description: 'Flat and row-major, or nested as the shape is.',
        items: { anyOf: [elementSchema(datatype, spec, side), { type: 'array' }] },
      },
      parameters: { type: 'object' },
    },
  };
}

/** Schema of a tensor as nested lists. */
export function nestedSchema(spec: TensorSpec, side: Side): JsonSchema {
  const { datatype, shape, features } = spec;
  const innermost = (length: number): JsonSchema => ({
    type: 'array',
    ...(features === undefined
      ? { items: elementSchema(datatype, spec, side) }
      : {
          prefixItems: features.map((feature) => ({
            title: feature.name,
            allOf: [elementSchema(datatype, spec, side), elementSchema(datatype, feature, side)],
          })),
        }),
    ...lengthOf(length),
  });
  const schema = shape.reduceRight<JsonSchema | undefined>(
    (items, length) =>
      items === undefined ? innermost(length) : { type: 'array', items, ...lengthOf(length) },
    undefined,
  );
  return { ...(schema ?? elementSchema(datatype, spec, side)), ...describe(spec) };
}

function lengthOf(length: number): JsonSchema {
  return length === -1 ? {} : { minItems: length, maxItems: length };
}

function elementSchema(
  datatype: Datatype,
  { range, categories, ...rest }: ValueSpec,
  side: Side,
): JsonSchema {
  return {
    // A missing value is NaN, which no range and no category allows.
    ...typeOf(datatype, side === 'output' || (range === undefined && categories === undefined)),
    ...(range?.min !== undefined && { minimum: range.min }),
    ...(range?.max !== undefined && { maximum: range.max }),
    ...(categories !== undefined && { enum: categories }),
    ...describe(rest),
  };
}

function typeOf(datatype: Datatype, nullable: boolean): JsonSchema {
  const { kind, integerRange: [minimum, maximum] = [] } = datatypes[datatype];
  switch (kind) {
    case 'boolean':
      return { type: ['boolean', 'integer'] };
    case 'integer':
      return { type: 'integer', minimum: Number(minimum), maximum: Number(maximum) };
    case 'bigint':
      return { type: 'integer', format: datatype.toLowerCase() };
    case 'float':
      return { type: nullable ? ['number', 'null'] : 'number' };
    case 'bytes':
      return { type: 'string' };
  }
}

function describe({ description, units }: ValueSpec): JsonSchema {
  if (description === undefined && units === undefined) return {};
  const unit = units === undefined ? undefined : `in ${units}`;
  return { description: [description, unit].filter((part) => part !== undefined).join(', ') };
}
