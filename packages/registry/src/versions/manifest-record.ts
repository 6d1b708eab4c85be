import {
  type Datatype,
  isDatatype,
  type JsonTensor,
  type JsonTensorData,
  parseSignature,
  type Signature,
} from '@fairlead/signature';
import { z } from 'zod';
import { artifactPathsProblem } from './artifact-path.ts';
import type { LosslessJson } from '../records/json-value.ts';
import type { Manifest } from './manifest.ts';
import { fields, FORMAT_VERSION } from '../records/record-schema.ts';

const signature = fields.json
  .transform((value, context): Signature => {
    try {
      return parseSignature(value);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : 'expected a signature');
      return z.NEVER;
    }
  })
  .meta({ $ref: '#/$defs/signature' });

const elements = z.array(
  fields.lossless.refine(isTensorData, 'expected numbers, booleans, strings, or lists of them'),
);

const tensor = z
  .looseObject({
    name: fields.text,
    datatype: z.custom<Datatype>(isDatatype, 'expected a datatype of the Open Inference Protocol'),
    shape: z.array(fields.bytes),
    data: elements,
  })
  .transform(({ data, ...rest }): JsonTensor => {
    const wide = rest.datatype === 'INT64' || rest.datatype === 'UINT64';
    return { ...rest, data: wide ? data : data.map(toDoubleElements) };
  })
  .meta({ $ref: '#/$defs/tensor' });

function isTensorData(value: LosslessJson): value is JsonTensorData {
  if (Array.isArray(value)) return value.every(isTensorData);
  return typeof value !== 'object' || value === null;
}

function toDoubleElements(data: JsonTensorData): JsonTensorData {
  if (typeof data === 'bigint') return Number(data);
  return typeof data === 'object' && data !== null ? data.map(toDoubleElements) : data;
}

const files = z
  .array(z.looseObject({ path: z.string(), sha256: fields.sha256, size: fields.bytes }))
  .superRefine((list, context) => {
    const problem = artifactPathsProblem(list.map((file) => file.path));
    if (problem !== undefined) context.addIssue(problem);
  });

/** Schema of a stored manifest, from which `manifest.schema.json` is generated; loose: fields of later releases survive. */
export const manifestSchema: z.ZodType<Manifest> = z.looseObject({
  formatVersion: z.literal(FORMAT_VERSION),
  model: fields.text,
  version: fields.number,
  created: fields.time,
  actor: fields.text,
  nonce: fields.text,
  files,
  runtime: z.looseObject({
    name: z.enum(['onnx', 'upstream']),
    options: z.record(z.string(), fields.json),
  }),
  signature,
  lineage: z.looseObject({
    gitCommit: fields.text.exactOptional(),
    dataset: z
      .looseObject({ name: fields.text, sha256: fields.sha256.exactOptional() })
      .exactOptional(),
    command: fields.text.exactOptional(),
    parameters: z.record(z.string(), fields.json).exactOptional(),
    parentVersion: fields.number.exactOptional(),
    frameworks: z.record(z.string(), fields.text).exactOptional(),
    changes: z.array(fields.text).exactOptional(),
    requirements: z
      .looseObject({
        path: fields.text,
        sha256: fields.sha256.exactOptional(),
        packages: z.record(z.string(), fields.text).exactOptional(),
      })
      .exactOptional(),
    origin: z
      .looseObject({
        tool: fields.text,
        toolVersion: fields.text.exactOptional(),
        runId: fields.text.exactOptional(),
        modelId: fields.text.exactOptional(),
        createdAt: fields.text.exactOptional(),
      })
      .exactOptional(),
  }),
  metrics: z.record(z.string(), fields.double),
  baseline: fields.json.exactOptional(),
  goldenExamples: z.array(
    z.looseObject({
      name: fields.text.exactOptional(),
      inputs: z.array(tensor),
      outputs: z.array(tensor),
      tolerance: fields.double.pipe(z.number().min(0)).exactOptional(),
    }),
  ),
  batching: z.enum(['on', 'off', 'auto']).exactOptional(),
  trial: z
    .looseObject({
      ran: z.boolean(),
      reason: z.string().exactOptional(),
      batching: z.looseObject({ on: z.boolean(), reason: z.string() }),
    })
    .exactOptional(),
  modelCard: z.string().exactOptional(),
  seal: fields.sha256,
});
