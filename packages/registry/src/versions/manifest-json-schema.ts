import { datatypes } from '@fairlead/signature';
import * as z from 'zod';
import { manifestSchema } from './manifest-record.ts';

const valueSpec = {
  description: { type: 'string' },
  range: {
    type: 'object',
    properties: { min: { type: 'number' }, max: { type: 'number' } },
  },
  categories: { type: 'array', minItems: 1, items: { type: ['string', 'number'] } },
  units: { type: 'string', description: 'Unit of measurement, for people: "mm", "EUR".' },
  sensitive: {
    type: 'boolean',
    description: 'True for personal or secret values, which windows and captures leave out.',
  },
};

const name = { type: 'string', minLength: 1 };

/** JSON Schemas of the checks that are written in code rather than in zod, by name. */
const definitions = {
  datatype: { enum: Object.keys(datatypes) },
  signature: {
    type: 'object',
    required: ['inputs', 'outputs'],
    properties: {
      inputs: { type: 'array', items: { $ref: '#/$defs/tensorSpec' } },
      outputs: { type: 'array', items: { $ref: '#/$defs/tensorSpec' } },
    },
  },
  tensorSpec: {
    type: 'object',
    required: ['name', 'datatype', 'shape'],
    properties: {
      name,
      datatype: { $ref: '#/$defs/datatype' },
      shape: {
        type: 'array',
        items: { type: 'integer', minimum: -1 },
        description: 'Length of each dimension; -1 where it varies.',
      },
      dimensions: {
        type: 'array',
        items: { anyOf: [name, { type: 'null' }] },
        description: 'Names of the dimensions; equal names have equal lengths in all inputs.',
      },
      ...valueSpec,
      features: {
        type: 'array',
        description: 'The features along the last dimension, in order.',
        items: { type: 'object', required: ['name'], properties: { name, ...valueSpec } },
      },
    },
  },
  tensor: {
    type: 'object',
    required: ['name', 'datatype', 'shape', 'data'],
    properties: {
      name,
      datatype: { $ref: '#/$defs/datatype' },
      shape: { type: 'array', items: { type: 'integer', minimum: 0 } },
      data: { type: 'array', items: { $ref: '#/$defs/tensorData' } },
    },
  },
  tensorData: {
    anyOf: [
      { type: ['number', 'boolean', 'string', 'null'] },
      { type: 'array', items: { $ref: '#/$defs/tensorData' } },
    ],
  },
};

/**
 * Returns the JSON Schema (2020-12) of a stored manifest, generated from the schema that checks manifests.
 *
 * The package publishes it as `@fairlead/registry/manifest.schema.json`. What JSON Schema can't express (that golden examples
 * fit the signature, that paths don't collide) is checked by code alone.
 */
export function manifestJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(manifestSchema, { unrepresentable: 'any' });
  return {
    $schema,
    $id: 'urn:fairlead:manifest:1',
    title: 'Manifest of a model version in a Fairlead registry',
    ...schema,
    $defs: definitions,
  };
}
