import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelRegistry } from '@fairlead/registry';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { manifestJsonSchema } from '../../src/versions/manifest-json-schema.ts';
import { digits, rejection, temporaryRegistry } from '../support/sample-registry.ts';

const published = new URL('../../manifest.schema.json', import.meta.url);
const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
const isManifest = ajv.compile(JSON.parse(readFileSync(published, 'utf8')) as object);

const image = { name: 'pixels', datatype: 'FP32', shape: [1, 64] } as const;

/** Pushes a version that uses every field, and returns its manifest's file. */
async function fullManifest() {
  const { folder, store, registry } = temporaryRegistry();
  const label = { name: 'label', datatype: 'INT64', shape: [1], data: [9n] } as const;
  await registry.push(
    digits('weights', {
      runtime: { name: 'onnx', options: { file: 'model.onnx' } },
      signature: {
        inputs: [
          {
            name: 'pixels',
            datatype: 'FP32',
            shape: [-1, 64],
            range: { min: 0, max: 16 },
            units: 'gray',
            description: 'An image.',
          },
        ],
        outputs: [
          { name: 'label', datatype: 'INT64', shape: [-1], categories: [0, 9] },
          {
            name: 'scores',
            datatype: 'FP32',
            shape: [-1, 2],
            features: [{ name: 'no' }, { name: 'yes' }],
          },
        ],
      },
      lineage: {
        gitCommit: '0123abc',
        dataset: { name: 'digits', sha256: 'a'.repeat(64) },
        command: 'python train.py',
        parameters: { seed: 7 },
        parentVersion: 1,
        frameworks: { 'scikit-learn': '1.7.2' },
        changes: ['dropped a node'],
        requirements: {
          path: 'requirements.txt',
          sha256: 'b'.repeat(64),
          packages: { flask: '3' },
        },
        origin: { tool: 'mlflow', toolVersion: '3', runId: '1', modelId: 'm-2', createdAt: 'now' },
      },
      metrics: { accuracy: 0.975 },
      baseline: { pixels: { mean: 0.1 } },
      goldenExamples: [
        { inputs: [{ ...image, data: Array.from({ length: 64 }, () => 1) }], outputs: [label] },
      ],
      batching: 'on',
      validate: () =>
        Promise.resolve({ trial: { ran: true, batching: { on: true, reason: 'promised' } } }),
      modelCard: '# Digits',
    }),
  );
  const file = join(folder, 'models/digits/versions/00000001.json');
  return { store, file, json: JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown> };
}

/** Writes a manifest as a release that knows more fields would. */
function writeRecord(file: string, record: Record<string, unknown>): void {
  const body = JSON.stringify({ ...record, seal: undefined }, undefined, 2).slice(0, -2);
  const seal = createHash('sha256').update(body).digest('hex');
  chmodSync(file, 0o644);
  writeFileSync(file, `${body},\n  "seal": "${seal}"\n}\n`);
}

test('the published schema is that of the code', async () => {
  await expect(`${JSON.stringify(manifestJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(
    published.pathname,
  );
});

test('a manifest with every field is valid by the published schema', async () => {
  const { json } = await fullManifest();
  expect(isManifest(json), JSON.stringify(isManifest.errors)).toBe(true);
});

type Change = (json: Record<string, never>) => unknown;

test.each<[string, Change]>([
  ['a version of 0', () => ({ version: 0 })],
  ['no actor', () => ({ actor: undefined })],
  ['a short hash', () => ({ files: [{ path: 'a', sha256: 'ab', size: 1 }] })],
  ['a negative size', () => ({ files: [{ path: 'a', sha256: 'a'.repeat(64), size: -1 }] })],
  ['an unknown runtime', () => ({ runtime: { name: 'tensorrt', options: {} } })],
  [
    'an unknown datatype',
    () => ({
      signature: { inputs: [{ name: 'x', datatype: 'FP8', shape: [1] }], outputs: [] },
    }),
  ],
  ['a metric in words', () => ({ metrics: { accuracy: 'good' } })],
  ['a tensor without data', () => ({ goldenExamples: [{ inputs: [{ ...image }], outputs: [] }] })],
  ['batching that is neither on, off nor auto', () => ({ batching: 'yes' })],
  ['a trial without its batching', () => ({ trial: { ran: true } })],
  ['a date in words', () => ({ created: 'yesterday' })],
])('schema and reader both reject %s', async (_what, change) => {
  const { store, file, json } = await fullManifest();
  const wrong = JSON.parse(
    JSON.stringify({ ...json, ...(change(json as never) as object) }),
  ) as Record<string, unknown>;
  expect(isManifest(wrong)).toBe(false);
  writeRecord(file, wrong);
  const error = await rejection(new ModelRegistry({ store }).openVersion('digits', 1));
  expect(error).toMatchObject({ code: 'ERR_REGISTRY_INVALID_MANIFEST' });
});

test('fields of later releases are valid, and survive a round trip', async () => {
  const { store, file, json } = await fullManifest();
  const later = structuredClone(json) as Record<string, unknown> & {
    files: object[];
    lineage: object;
    signature: { inputs: object[] };
    goldenExamples: object[];
  };
  later.carbon = { grams: 12 };
  Object.assign(later.files[0] ?? {}, { mediaType: 'application/onnx' });
  Object.assign(later.lineage, { pipeline: 'nightly' });
  Object.assign(later.signature.inputs[0] ?? {}, { sensitive: true });
  Object.assign(later.goldenExamples[0] ?? {}, { source: 'ticket 7' });
  expect(isManifest(later)).toBe(true);
  writeRecord(file, later);
  const { manifest } = await new ModelRegistry({ store }).openVersion('digits', 1);
  expect(
    JSON.parse(
      JSON.stringify(manifest, (_key, value: unknown) =>
        typeof value === 'bigint' ? Number(value) : value,
      ),
    ),
  ).toEqual({ ...later, seal: manifest.seal });
});
