import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { temporaryFolder, until } from '@fairlead/test-support';
import { Random } from '@fairlead/test-support/random';
import { expect, onTestFinished, test } from 'vitest';
import { pushExport } from '../src/push-export.ts';
import { openStateFolder } from '../src/state-folder.ts';
import { trainModels } from '../src/train-models.ts';
import { readTrainedModels } from '../src/trained-model.ts';
import { readHeldOut, type HeldOut } from './support/held-out.ts';
import { fairlead } from './support/served-loans.ts';
import { serveGateway, type ServedGateway } from './support/served-gateway.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const clock = new URL('support/shifted-clock.ts', import.meta.url).href;
const MODEL = 'breast-cancer';
const HOUR_MS = 3_600_000;
/** Measurements of another microscope, in which nuclei are larger. */
const SHIFT = 1.3;
/** Rows that clients send; the others measure the versions. */
const SENT_ROWS = 100;
const REQUESTS_PER_HOUR = 6;

test('a shift of the requests retrains the model on captured rows with labels, and its candidate is promoted by a canary and better on shifted rows', async ({
  annotate,
}) => {
  const state = openStateFolder(temporaryFolder());
  await trainModels(root, state.training, new AbortController().signal);
  const trained = readTrainedModels(state.training).find(({ model }) => model === MODEL);
  if (trained === undefined) throw new Error('the model was not trained');
  const registry = new ModelRegistry({ store: folderStore(state.registry) });
  const { signature, metrics, goldenExamples, baseline } = trained;
  const { manifest } = await pushExport(
    registry,
    {
      ...{ model: MODEL, runtime: { name: 'onnx' }, actor: 'npm start' },
      ...{ signature, metrics, goldenExamples, baseline },
      files: { 'model.onnx': join(trained.folder, 'model.onnx') },
    },
    trained,
  );
  expect(manifest.version).toBe(1);
  const heldOut = readHeldOut(state.root, MODEL);

  // Two hours have passed, and the verdict on the second one is due.
  const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const clockAt = (time: number) => ({
    NODE_OPTIONS: `--import=${clock}`,
    TEST_CLOCK_SHIFT_MS: String(time - Date.now()),
  });
  const gateway = await serveGateway(state, {
    ...{ FAIRLEAD_CAPTURE_SHARE: '1', FAIRLEAD_WINDOWS_SLOT_MS: '1000' },
    FAIRLEAD_ROLLOUT_JUDGE_INTERVAL_MS: '200',
    ...clockAt(hour - 2 * HOUR_MS + 300_000),
  });
  onTestFinished(() => gateway.close());
  const random = new Random(1);
  await sendShifted(gateway, heldOut, random);
  await gateway.restart(clockAt(hour - HOUR_MS + 300_000));
  await sendShifted(gateway, heldOut, random);
  const later = clockAt(hour + 900_000);
  await gateway.restart(later);
  const before = await accuracyOf(gateway, heldOut);

  const command = async (...args: readonly string[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...fairlead, ...args, '--json'],
      {
        cwd: state.root,
        env: {
          ...{ PATH: process.env.PATH, ...later, PYTHONPATH: join(root, 'apps/flask-model/src') },
          ...{ FAIRLEAD_REGISTRY: state.registry, FAIRLEAD_CAPTURE_LOCATION: state.captures },
          FAIRLEAD_ACTOR: 'timer',
        },
      },
    );
    return JSON.parse(stdout);
  };
  const step = { share: 0.5, minMinutes: 0.01, minRequests: 30 };
  writeFileSync(
    join(state.root, 'policy.json'),
    JSON.stringify({
      triggers: { drift: {} },
      dataset: { formats: ['csv'], minRows: 500 },
      training: {
        command: [join(root, '.venv/bin/python'), '-m', 'fairlead_flask_model.retrain'],
        environment: ['PYTHONPATH'],
      },
      rollout: { unit: 'request', steps: [step], guardrails: { failures: { tolerated: 0.1 } } },
    }),
  );
  await command('retrain', 'policy', MODEL, '--set', 'policy.json');
  const { attempt, decision } = (await command('retrain', 'run', MODEL, '--due')) as {
    readonly attempt: {
      readonly phase: string;
      readonly version: number;
      readonly dataset: { readonly sha256: string; readonly rows: number };
    };
    readonly decision: { readonly trigger: string; readonly reason: string };
  };
  expect(decision).toMatchObject({
    trigger: 'drift',
    reason: expect.stringMatching(/^drift of mean_radius, /) as string,
  });
  expect(attempt).toMatchObject({ phase: 'rollout', version: 2 });
  const { lineage } = (await registry.openVersion(MODEL, 2)).manifest;
  expect(lineage).toMatchObject({
    ...{ parentVersion: 1, trigger: `drift: ${decision.reason}` },
    dataset: { sha256: attempt.dataset.sha256 },
    origin: { runId: `${MODEL}-1` },
  });
  expect(attempt.dataset.rows).toBe(2 * REQUESTS_PER_HOUR * SENT_ROWS);

  // The canary answers half of the requests, until the gateway promotes it.
  const variants = new Set<unknown>();
  await until(async () => {
    const { status, headers } = await gateway.call(
      `/v2/models/${MODEL}/infer`,
      heldOut.request(0, 1),
    );
    expect(status).toBe(200);
    variants.add(headers['fairlead-variant']);
    return (await registry.resolve(MODEL, 'champion')).version === 2;
  });
  expect(variants).toContain('candidate');
  const status = async () =>
    (await command('retrain', 'status', MODEL)) as {
      readonly attempts: readonly [{ readonly result?: string }];
    };
  await command('retrain', 'run', MODEL, '--due');
  expect((await status()).attempts[0].result).toBe('promoted');

  // The gateway finds the new champion at its next poll: until then, it answers half of the requests with the version
  // before.
  await until(async () => {
    const { version, variant } = await ask(gateway, heldOut.request(0, 1));
    return version === '2' && variant === undefined;
  });
  const after = await accuracyOf(gateway, heldOut);
  await annotate(
    `accuracy on shifted rows: ${before.toFixed(3)} before, ${after.toFixed(3)} after`,
  );
  expect(after).toBeGreaterThan(before + 0.1);
  expect(after).toBeGreaterThan(0.85);
});

/** Sends shifted rows, and then their labels. */
async function sendShifted(
  gateway: ServedGateway,
  heldOut: HeldOut,
  random: Random,
): Promise<void> {
  for (let request = 0; request < REQUESTS_PER_HOUR; request += 1) {
    const body = shifted(heldOut.request(0, SENT_ROWS), () => SHIFT * (1 + 0.02 * random.normal()));
    const { status, headers } = await gateway.call(`/v2/models/${MODEL}/infer`, body);
    expect(status).toBe(200);
    const labels = heldOut.trueLabels.slice(0, SENT_ROWS).map((label, row) => ({
      ...{ request_id: headers['x-request-id'], row, label },
    }));
    const posted = await gateway.call(`/v2/models/${MODEL}/labels`, { labels });
    expect([posted.status, posted.body]).toEqual([200, expect.stringContaining(String(SENT_ROWS))]);
  }
}

/** Accuracy of the champion on shifted rows that no client has sent. */
async function accuracyOf(gateway: ServedGateway, heldOut: HeldOut): Promise<number> {
  const rows = heldOut.rows - SENT_ROWS;
  const answer = await ask(
    gateway,
    shifted(heldOut.request(SENT_ROWS, rows), () => SHIFT),
  );
  const labels = heldOut.trueLabels.slice(SENT_ROWS);
  return answer.labels.filter((label, row) => label === labels[row]).length / rows;
}

/** The version that answers a request of the V2 protocol, its variant in a rollout, and the labels that it predicts. */
async function ask(gateway: ServedGateway, request: ReturnType<HeldOut['request']>) {
  const { status, body, headers } = await gateway.call(`/v2/models/${MODEL}/infer`, request);
  expect(status).toBe(200);
  const answer = JSON.parse(body) as {
    readonly model_version: string;
    readonly outputs: readonly { readonly name: string; readonly data: readonly number[] }[];
  };
  const labels = answer.outputs.find(({ name }) => name === 'label')?.data ?? [];
  return { version: answer.model_version, variant: headers['fairlead-variant'], labels };
}

function shifted({ inputs }: ReturnType<HeldOut['request']>, factor: () => number) {
  return {
    inputs: inputs.map((input) => ({
      ...input,
      data: input.data.map((value) => Math.fround(value * factor())),
    })),
  };
}
