import {
  type Datatype,
  isDatatype,
  type JsonTensor,
  type JsonTensorData,
  parseSignature,
  type Signature,
} from '@fairlead/signature';
import * as z from 'zod';
import { toDotPath } from 'zod/v4/core';
import { artifactPathsProblem } from './artifact-path.ts';
import { isLosslessJson, type LosslessJson, toDoubles } from '../records/json-value.ts';
import type { Manifest } from './manifest.ts';
import { checkFormatVersion, FORMAT_VERSION, invalidRecord } from '../records/check-record.ts';

const lossless = z.custom<LosslessJson>(
  (value) => isLosslessJson(value),
  'expected JSON: finite numbers, nested at most 100 deep',
);

const fields = {
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits'),
  number: z.int().min(1),
  bytes: z.int().min(0),
  text: z.string().min(1),
  time: z.iso.datetime(),
  /** A double, also where it was written as a large integer. */
  double: z
    .unknown()
    .transform((value) => (typeof value === 'bigint' ? Number(value) : value))
    .pipe(z.number()),
  json: lossless.transform(toDoubles),
  /** JSON in which 64-bit integers keep their digits. */
  lossless,
};

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
    trigger: fields.text.exactOptional(),
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

/**
 * Checks a manifest; `key` names it in messages.
 *
 * @throws RegistryError `ERR_REGISTRY_UNSUPPORTED_FORMAT` for a manifest of a newer format;
 * `ERR_REGISTRY_INVALID_MANIFEST` naming the first invalid field.
 */
export function checkManifest(key: string, record: unknown): Manifest {
  checkFormatVersion(key, record);
  const result = manifestSchema.safeParse(record);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue === undefined ? '' : toDotPath(issue.path);
  throw invalidRecord(key, `${field === '' ? '' : `${field}: `}${issue?.message ?? 'unknown'}`, {
    cause: result.error,
  });
}
