import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SENSITIVE, signature } from '../support/captured-requests.ts';
import { run, runJson, type Place } from '../support/fairlead.ts';
import { affineNext } from '../support/models.ts';
import { prepareRetraining } from '../support/retraining-place.ts';
import { sendTraffic } from '../support/rollout-traffic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const env = {
  FAIRLEAD_REGISTRY: './registry',
  FAIRLEAD_CAPTURE_LOCATION: './captured',
  FAIRLEAD_ACTOR: 'ada',
  PATH: process.env.PATH ?? '',
};
/** Copies another model, and measures it. */
const TRAIN = `cp ${affineNext} "$FAIRLEAD_TRAINING_OUTPUT/model.onnx"; echo '{"accuracy": 0.95}' > "$FAIRLEAD_TRAINING_OUTPUT/metrics.json"; cp "$FAIRLEAD_TRAINING_ROWS" "$FAIRLEAD_TRAINING_MANIFEST" .`;

let prepared = '';
beforeAll(async () => {
  prepared = mkdtempSync(join(tmpdir(), 'fairlead-retraining-'));
  await prepareRetraining({ folder: prepared, env }, { requests: 90, labeled: 60 });
});
afterAll(() => {
  rmSync(prepared, { recursive: true });
});

function prepare(): Place {
  const folder = temporaryFolder();
  cpSync(prepared, folder, { recursive: true });
  return { folder, env };
}

async function succeed(place: Place, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(place, ...args);
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

const setPolicy = (place: Place, script: string, ...options: readonly string[]): Promise<string> =>
  succeed(
    ...([
      place,
      'retrain',
      'policy',
      'churn',
      '--on-labels',
      '100',
      '--format',
      'csv',
      '--cooldown',
      '0s',
    ] as const),
    ...['--working-folder', '.', ...options, '--', 'sh', '-c', script],
  );

test('a model with new labels is retrained, and its candidate gets a rollout that promotes it', async () => {
  const place = prepare();
  expect(await setPolicy(place, TRAIN)).toContain('100 new labels');
  expect(await succeed(place, 'retrain', 'status', 'churn')).toContain(
    'labels    due      120 new labels, and the policy retrains from 100',
  );
  const { exitCode, stdout, stderr } = await run(place, 'retrain', 'run', 'churn', '--due');
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout:
      'Attempt churn-1: the rollout churn-1 of version 2 runs.\nWatch it: fairlead rollout status churn --watch\n',
  });
  expect(stderr.split('\n').map((line) => line.replace(/ \(.*/, ''))).toEqual([
    ...[
      'churn-1: requested by labels',
      'churn-1: wrote 120 rows',
      'churn-1: started training churn-1-1',
    ],
    ...['churn-1: trained', 'churn-1: pushed version 2', 'churn-1: started rollout 1', ''],
  ]);
  // The training got the rows with a label, without the sensitive feature.
  const rows = readFileSync(join(place.folder, 'rows.csv'), 'utf8').trim().split('\n');
  expect(rows).toHaveLength(121);
  expect(rows[0]).toContain('input_age');
  expect(rows.join('\n')).not.toMatch(new RegExp(`${SENSITIVE}|ssn`));
  expect(existsSync(join(place.folder, 'retraining/churn-1/input'))).toBe(false);
  const parent = JSON.parse(readFileSync(join(place.folder, 'manifest.json'), 'utf8')) as object;
  expect(parent).toMatchObject({ model: 'churn', version: 1 });

  const { manifest } = await runJson(place, 'model', 'show', 'churn', '2');
  expect(manifest).toMatchObject({
    ...{ metrics: { accuracy: 0.95 }, signature, actor: 'ada' },
    lineage: {
      parentVersion: 1,
      trigger: 'labels: 120 new labels, and the policy retrains from 100',
      origin: { tool: 'fairlead retrain', runId: 'churn-1' },
      dataset: {
        name: expect.stringMatching(/^120 captured rows of churn with a label, /) as string,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    },
  });
  // Nothing happens while the rollout runs.
  expect(await succeed(place, 'retrain', 'run', 'churn', '--due')).toContain(
    'the rollout churn-1 of version 2 runs',
  );
  await succeed(place, 'rollout', 'promote', 'churn', '-m', 'a test');
  expect(await succeed(place, 'retrain', 'run', 'churn', '--due')).toBe(
    'churn is not retrained: 0 new labels, and the policy retrains from 100.\n',
  );
  const status = await succeed(place, 'retrain', 'status', 'churn');
  expect(status).toMatch(/^status +promoted$/m);
  const history = await succeed(place, 'model', 'history', 'churn');
  expect(history).toContain('retraining churn-1 requested by labels');
  expect(history).toContain('retraining churn-1 promoted');
});

test('a candidate that is rolled back ends its attempt with exit code 1, once', async () => {
  const place = prepare();
  await setPolicy(place, TRAIN, '--on-labels', '1000');
  await run(place, 'retrain', 'run', 'churn');
  await sendTraffic(join(place.folder, 'registry'), { model: 'churn', requests: 10 });
  await succeed(place, 'rollout', 'abort', 'churn', '-m', 'odd answers');
  const ended = await run(place, 'retrain', 'run', 'churn', '--due');
  expect(ended).toMatchObject({
    exitCode: 1,
    stdout: 'Attempt churn-1: rolled back. aborted, rollout churn-1: odd answers.\n',
  });
  expect(await succeed(place, 'retrain', 'run', 'churn', '--due')).toContain('is not retrained');
});

test('a candidate that fails a gate is rejected', async () => {
  const place = prepare();
  await succeed(place, 'model', 'gates', 'set', 'churn', 'champion', 'accuracy >= champion + 0.2');
  await setPolicy(place, TRAIN);
  const { exitCode, stdout } = await run(place, 'retrain', 'run', 'churn', '-m', 'by hand');
  expect([exitCode, stdout]).toEqual([
    1,
    expect.stringMatching(
      /^Attempt churn-1: rejected. version 2 fails accuracy >= champion \+ 0.2 \(/,
    ),
  ]);
  expect((await run(place, 'rollout', 'status', 'churn')).stderr).toContain('has no rollout yet');
});

test.each([
  ['echo no column income; exit 4', /failed. sh ended with exit code 4: no column income/],
  [
    'echo nonsense > "$FAIRLEAD_TRAINING_OUTPUT/model.onnx"',
    /failed. the output of the training can't be pushed: .*model.onnx/,
  ],
  [
    'echo x > "$FAIRLEAD_TRAINING_OUTPUT/notes.txt"',
    /failed. the output of the training can't be pushed: .*neither model.onnx nor MLmodel/,
  ],
])('an attempt fails with the reason: %s', async (script, reason) => {
  const place = prepare();
  await setPolicy(place, script);
  const { exitCode, stdout } = await run(place, 'retrain', 'run', 'churn', '--due');
  expect([exitCode, stdout]).toEqual([1, expect.stringMatching(reason)]);
});

test('a policy without a rollout only pushes', async () => {
  const place = prepare();
  await setPolicy(place, TRAIN, '--no-rollout');
  expect(await succeed(place, 'retrain', 'run', 'churn')).toBe(
    'Attempt churn-1: pushed. version 2 passes the gates, and the policy has no rollout.\n',
  );
});

test('options replace fields of the policy before, and a dry run changes nothing', async () => {
  const place = prepare();
  await setPolicy(place, TRAIN);
  const dry = await succeed(place, 'retrain', 'policy', 'churn', '--per-month', '2', '--dry-run');
  expect(dry).toContain('Dry run: nothing was changed.');
  await succeed(place, 'retrain', 'policy', 'churn', '--every', '7d', '--below', 'accuracy=0.9');
  writeFileSync(
    join(place.folder, 'policy.json'),
    JSON.stringify(await runJson(place, 'retrain', 'policy', 'churn')),
  );
  const shown = await succeed(
    place,
    'retrain',
    'policy',
    'churn',
    '--set',
    'policy.json',
    '--on-drift',
    'day',
  );
  expect(shown).toMatch(/^policy +3, set .* by ada$/m);
  expect(shown).toMatch(
    /^retrains +the version of "champion" on every 168 hours; drift of a column in a day; accuracy below 0.9 in 7 days \(measured, 100 rows\); 100 new labels$/m,
  );
  expect(shown).toMatch(/^limits +0 hours between attempts, 10 a month$/m);
});

test.each([
  [['policy', 'churn'], 2, 'churn has no policy of retraining'],
  [['run', 'churn'], 2, 'churn has no policy of retraining'],
  [['abort', 'churn'], 3, 'there is nothing to abort'],
  [['status', 'chrun'], 4, 'there is no model "chrun"'],
  [['policy', 'churn', '--every', '7d'], 2, 'training.command must be a list of 1 to 200'],
  [['policy', 'churn', '--on-drift', 'week', '--', './train'], 2, 'Expected hour or day'],
  [['policy', 'churn', '--below', 'accuracy', '--', './train'], 2, 'such as accuracy=0.9'],
  [
    ['policy', 'churn', '--format', 'json', '--', './train'],
    2,
    'dataset.formats[0] must be "parquet" or "csv"',
  ],
])('fairlead retrain %j ends with exit code %i', async (args, exitCode, message) => {
  const result = await run(prepare(), 'retrain', ...args);
  expect([result.exitCode, result.stderr]).toEqual([exitCode, expect.stringContaining(message)]);
});

test('a policy with a plan that no rollout can follow is rejected', async () => {
  const place = prepare();
  const policy = { training: { command: ['./train'] }, rollout: { steps: [] } };
  writeFileSync(join(place.folder, 'policy.json'), JSON.stringify(policy));
  const { exitCode, stderr } = await run(
    place,
    'retrain',
    'policy',
    'churn',
    '--set',
    'policy.json',
  );
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringContaining('The plan of the rollout: steps must be'),
  ]);
});

test('Ctrl-C ends the training, and the next run continues the attempt; abort ends it', async () => {
  const place = prepare();
  await setPolicy(place, `[ -e go ] || { touch started; sleep 1000; }; ${TRAIN}`);
  await succeed(place, 'retrain', 'policy', 'churn', '--time-limit', '10m');
  const stopped = await run(
    { ...place, stopWhen: () => existsSync(join(place.folder, 'started')) },
    'retrain',
    'run',
    'churn',
  );
  expect([stopped.exitCode, stopped.stderr]).toEqual([
    130,
    expect.stringContaining('"fairlead retrain run" continues the attempt'),
  ]);
  writeFileSync(join(place.folder, 'go'), '');
  const { stderr } = await run(place, 'retrain', 'run', 'churn');
  expect(stderr).toContain('started training churn-1-2');
  expect(await succeed(place, 'retrain', 'abort', 'churn', '-m', 'wrong labels')).toContain(
    'Its rollout goes on: end it with "fairlead rollout abort churn".',
  );
});
