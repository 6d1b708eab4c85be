import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, runJson, type Place } from '../support/fairlead.ts';
import { affineNext } from '../support/models.ts';
import { prepareRetraining } from '../support/retraining-place.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a candidate that was imported from another registry is not taken for that of an attempt with the same name', async () => {
  const env = {
    FAIRLEAD_REGISTRY: './registry',
    FAIRLEAD_CAPTURE_LOCATION: './captured',
    FAIRLEAD_ACTOR: 'ada',
    PATH: process.env.PATH ?? '',
  };
  const place: Place = { folder: temporaryFolder(), env };
  await prepareRetraining(place, { requests: 60, labeled: 60 });
  const succeed = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(place, ...args);
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    return stdout;
  };
  const setPolicy = (accuracy: number): Promise<string> => {
    const output = '"$FAIRLEAD_TRAINING_OUTPUT"';
    const script = `cp ${affineNext} ${output}/model.onnx; echo '{"accuracy": ${accuracy}}' > ${output}/metrics.json`;
    const options = ['--no-rollout', '--format', 'csv', '--working-folder', '.'];
    return succeed('retrain', 'policy', 'churn', ...options, '--', 'sh', '-c', script);
  };
  await setPolicy(0.5);
  await succeed('retrain', 'run', 'churn');
  await succeed('model', 'export', 'churn.tar', 'churn');
  for (const name of ['registry', 'retraining']) {
    rmSync(join(place.folder, name), { recursive: true });
  }
  mkdirSync(join(place.folder, 'registry'));
  await succeed('model', 'import', 'churn.tar');
  await succeed('model', 'promote', 'churn', '1');
  await setPolicy(0.95);
  expect(await succeed('retrain', 'run', 'churn')).toContain('churn-1: pushed. version 3 passes');
  const { manifest } = await runJson(place, 'model', 'show', 'churn', '3');
  expect(manifest).toMatchObject({ metrics: { accuracy: 0.95 } });
});
