import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderStore, type PushRequest } from '@fairlead/registry';
import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { baselineDocument, createBaseline, openWindowStore, type Window } from '@fairlead/windows';
import { describe, expect, test } from 'vitest';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';
import { startGateway, type StartedGateway } from '../support/start-gateway.ts';

const HOUR_MS = 3_600_000;
const SLOT_MS = 1000;

/** A version of `affine` with the baseline of three rows. */
function watchedVersion(): PushRequest {
  const version = onnxVersion('affine', 'affine');
  const baseline = createBaseline(
    { 'x[0]': [1, 2, 2], 'x[1]': [5, 6, 7], 'y[0]': [3, 5, 5], 'y[1]': [11, 13, 15] },
    { signature: version.signature },
  );
  return { ...version, baseline: baselineDocument(baseline) };
}

function infer({ call }: Pick<StartedGateway, 'call'>, ...data: readonly number[]) {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [data.length / 2, 2], data }];
  return call('/v2/models/affine/infer', { body: { inputs } });
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

/** Windows of `affine` version 1 as they were stored, as soon as they have counted so many requests or reported them as lost. */
async function storedWindows(registry: string, requests: number): Promise<readonly Window[]> {
  const store = await openWindowStore({ objects: folderStore(registry), rollUp: false });
  const now = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const span = { from: now - HOUR_MS, to: now + HOUR_MS, unit: 'slot' } as const;
  return until(async () => {
    const windows = await store.read({ model: 'affine', version: '1' }, span);
    const found = sum(windows.map((window) => window.requests + window.lost.requests));
    return found >= requests && windows;
  });
}

async function metric({ call }: StartedGateway, name: string): Promise<number> {
  const { body } = await call('/metrics');
  const line = body.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

describe('windows', () => {
  test('count requests, and values by the bins of the baseline, and are stored beside the models when the gateway is closed', async () => {
    const registry = temporaryFolder();
    await sampleRegistry(registry, watchedVersion());
    const stateFolder = join(temporaryFolder(), 'state');
    const started = await startGateway({
      FAIRLEAD_REGISTRY: registry,
      FAIRLEAD_STATE_FOLDER: stateFolder,
    });
    expect((await infer(started, 1, 5, 2, 6)).status).toBe(200);
    expect((await infer(started, 2, 100)).status).toBe(200);
    expect((await infer(started, 1, 2, 3)).status).toBe(400);
    expect(await metric(started, 'fairlead_window_requests_total')).toBe(3);
    await started.gateway.close();
    const windows = await storedWindows(registry, 3);
    expect(sum(windows.map(({ requests }) => requests))).toBe(3);
    expect(windows).toMatchObject([
      {
        failures: { OTHER: 1 },
        sample: { rows: 3, weight: 3 },
        features: [
          { name: 'x[0]', counts: { counts: [1, 2] } },
          { name: 'x[1]', counts: { counts: [1, 1, 0], over: 1 } },
        ],
        outputs: [
          { name: 'y[0]', counts: { counts: [1, 2] } },
          { name: 'y[1]', counts: { counts: [1, 1, 0], over: 1 } },
        ],
        lost: { requests: 0, windows: 0 },
      },
    ]);
    expect(readdirSync(join(stateFolder, 'windows'))).toEqual([]);
  });

  test('a store that refuses fails no request, and what does not fit into the spool folder is counted exactly', async () => {
    const registry = temporaryFolder();
    await sampleRegistry(registry, watchedVersion());
    // The folder of the windows can't be created.
    writeFileSync(join(registry, 'windows'), '');
    const started = await startGateway({
      FAIRLEAD_REGISTRY: registry,
      FAIRLEAD_STATE_FOLDER: temporaryFolder(),
      FAIRLEAD_WINDOWS_SLOT_MS: String(SLOT_MS),
      // One window, or two small ones.
      FAIRLEAD_WINDOWS_SPOOL_BYTES: '2000',
    });
    let sent = 0;
    const statuses = new Set<number>();
    const client = async (until: () => boolean): Promise<void> => {
      while (!until()) {
        sent += 1;
        statuses.add((await infer(started, 1, 5)).status);
        await sleep(5);
      }
    };
    let isDone = false;
    const clients = Array.from({ length: 4 }, () => client(() => isDone));
    // Two windows at least are lost: those of later slots.
    await until(async () => (await metric(started, 'fairlead_windows_lost_total')) >= 2, 30_000);
    isDone = true;
    await Promise.all(clients);
    expect([...statuses]).toEqual([200]);
    expect(await metric(started, 'fairlead_windows_waiting{place="spool"}')).toBeGreaterThan(0);
    expect(await started.logged('failed')).toMatchObject({ level: 'error' });

    rmSync(join(registry, 'windows'));
    await started.gateway.close();
    const windows = await storedWindows(registry, sent);
    const counted = sum(windows.map(({ requests }) => requests));
    const lost = sum(windows.map((window) => window.lost.requests));
    expect(lost).toBeGreaterThan(0);
    expect(counted).toBeGreaterThan(0);
    expect(counted + lost).toBe(sent);
  });

  test('are stored by a process that gets SIGTERM', async () => {
    const registry = temporaryFolder();
    await sampleRegistry(registry, watchedVersion());
    const socketPath = join(temporaryFolder(), 'gateway.sock');
    const gateway = startGatewayProcess({
      FAIRLEAD_REGISTRY: registry,
      FAIRLEAD_STATE_FOLDER: temporaryFolder(),
      FAIRLEAD_LISTEN: `unix:${socketPath}`,
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    });
    await gateway.logged('models loaded');
    const call: StartedGateway['call'] = (path, request) => httpCall({ socketPath }, path, request);
    for (let count = 0; count < 5; count += 1)
      expect((await infer({ call }, 2, 6)).status).toBe(200);
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
    const windows = await storedWindows(registry, 5);
    expect(sum(windows.map(({ requests }) => requests))).toBe(5);
    expect(sum(windows.map(({ sample }) => sample.rows))).toBe(5);
  });

  test('of a version whose baseline names sensitive features, or is none, do not hold them', async () => {
    const registry = temporaryFolder();
    const version = watchedVersion();
    const features = [{ name: 'x[0]' }, { name: 'x[1]', sensitive: true }];
    const [x] = version.signature?.inputs ?? [];
    const signature = { ...version.signature, inputs: [{ ...x, features }] } as never;
    await sampleRegistry(
      registry,
      { ...version, signature },
      { ...onnxVersion('other', 'affine'), baseline: { format: 'something else' } },
    );
    const started = await startGateway({
      FAIRLEAD_REGISTRY: registry,
      FAIRLEAD_STATE_FOLDER: temporaryFolder(),
    });
    await infer(started, 1, 5);
    await started.gateway.close();
    const [window] = await storedWindows(registry, 1);
    expect(window?.features.map(({ name }) => name)).toEqual(['x[0]']);
    const log = started.logs.join('');
    expect(log).toContain('the baseline of affine version 1 has sensitive features');
    expect(log).toContain("the baseline of other version 1 can't be used");
  });

  test.each([
    ['are off without a state folder', {}],
    ['can be switched off', { FAIRLEAD_STATE_FOLDER: '/nonexistent', FAIRLEAD_WINDOWS: 'off' }],
  ])('%s', async (_, variables) => {
    const registry = temporaryFolder();
    await sampleRegistry(registry, watchedVersion());
    const started = await startGateway({ FAIRLEAD_REGISTRY: registry, ...variables });
    await infer(started, 1, 5);
    expect((await started.call('/metrics')).body).not.toContain('fairlead_window');
    await started.gateway.close();
    expect(readdirSync(registry)).not.toContain('windows');
  });

  test('a state folder that cannot be written stops the start, and names the setting', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const starting = startGateway({
      FAIRLEAD_REGISTRY: temporaryFolder(),
      FAIRLEAD_STATE_FOLDER: file,
    });
    await expect(starting).rejects.toThrow("FAIRLEAD_STATE_FOLDER can't be used");
  });
});
