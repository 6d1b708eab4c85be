import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onnxModel } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

test('unknown fields of metadata.json are dropped with a note at the top, and stored below it', async () => {
  const place = { folder: temporaryFolder(), env: { FAIRLEAD_REGISTRY: './registry' } };
  const trained = join(place.folder, 'trained');
  mkdirSync(trained);
  copyFileSync(onnxModel('affine'), join(trained, 'model.onnx'));
  const spec = { datatype: 'FP32', shape: [-1, 2] };
  const metadata = {
    metric: 1,
    metrics: { accuracy: 0.9 },
    signature: {
      inputs: [{ name: 'x', ...spec, sensor: 'left' }],
      outputs: [{ name: 'y', ...spec }],
    },
    lineage: { command: 'python train.py', comand: 'x' },
  };
  writeFileSync(join(trained, 'metadata.json'), JSON.stringify(metadata));
  await run(place, 'registry', 'init');
  const { exitCode, stdout, stderr } = await run(place, 'model', 'push', 'affine', 'trained');
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout + stderr).toContain(
    'the fields "metric" (did you mean "metrics"?), which are not stored',
  );
  expect(stdout + stderr).toContain(
    'the lineage fields "comand" (did you mean "command"?), which are stored',
  );
  const file = join(place.folder, 'registry/models/affine/versions/00000001.json');
  const stored = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  expect(stored).not.toHaveProperty('metric');
  expect(stored).toMatchObject({
    metrics: { accuracy: 0.9 },
    signature: { inputs: [{ name: 'x', sensor: 'left' }] },
    lineage: { comand: 'x' },
  });
});
