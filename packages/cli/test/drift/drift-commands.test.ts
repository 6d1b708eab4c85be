import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLoans, readTree } from '@fairlead/test-support';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  HOUR_MS,
  lastHour,
  pushLoans,
  recordHour,
  recordShift,
  SENTINEL,
  shifted,
} from '../support/car-loans.ts';
import { run, runProcess, type Place } from '../support/fairlead.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startReceiver } from '../support/webhook-receiver.ts';

const { folderStore, ModelRegistry } = await import('@fairlead/registry');
const { openWindowStore } = await import('@fairlead/windows');

const SLOT_MS = 300_000;

const env = { FAIRLEAD_REGISTRY: './registry', FAIRLEAD_ACTOR: 'ada' };

/** A copy of a registry with eight hours of real requests, three of them with a shift; nothing was judged yet. */
function withShift(): Place {
  const folder = temporaryFolder();
  cpSync(place.folder, folder, { recursive: true });
  return { folder, env };
}

let place: Place;

beforeAll(async () => {
  place = { folder: mkdtempSync(join(tmpdir(), 'fairlead-drift-')), env };
  await recordShift(await pushLoans(join(place.folder, 'registry')));
});

afterAll(() => {
  rmSync(place.folder, { recursive: true });
});

interface Report {
  readonly status: string;
  readonly features: readonly {
    readonly name: string;
    readonly status: string;
    readonly since: number;
    readonly windows: readonly {
      readonly from: number;
      readonly to: number;
      readonly values: number;
    }[];
  }[];
}

test('a report of real requests names the columns that shifted, and no others', async () => {
  const { exitCode, stdout, stderr } = await run(place, 'drift', 'report', 'loans', '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { status, features } = JSON.parse(stdout) as Report;
  const drifted = features.filter((each) => each.status === 'drift');
  expect(drifted.map(({ name }) => name).sort()).toEqual([...shifted]);
  expect(status).toBe('drift');
  for (const { since } of drifted) expect(since).toBe(lastHour() - 2 * HOUR_MS);
});

test('a report by slot judges each stored window', async () => {
  const args = ['drift', 'report', 'loans', '--json', '--unit', 'slot'];
  const { exitCode, stdout, stderr } = await run(place, ...args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { features } = JSON.parse(stdout) as Report;
  const drifted = features.filter((each) => each.status === 'drift');
  expect(drifted.map(({ name }) => name).sort()).toEqual([...shifted]);
  for (const { windows } of features) {
    expect(windows.map(({ from, to }) => to - from)).toEqual(Array(8).fill(SLOT_MS));
  }
});

test('slots of several hosts are merged, and short ones joined where their length was changed', async () => {
  const { folder } = withShift();
  const store = folderStore(join(folder, 'registry'));
  const windows = await openWindowStore({ objects: store, rollUp: false });
  const hour = lastHour() - 2 * HOUR_MS;
  const label = { model: 'loans', version: '1' };
  const [found] = await windows.read(label, { from: hour, to: hour + HOUR_MS, unit: 'slot' });
  if (found === undefined) throw new Error('no window');
  await windows.add(found);
  for (const from of [hour + SLOT_MS, hour + SLOT_MS + 60_000]) {
    await windows.add({ ...found, from, to: from + 60_000 });
  }
  await windows.close();
  const args = ['drift', 'report', 'loans', '--json', '--unit', 'slot'];
  const { stdout } = await run({ folder, env }, ...args);
  const { features } = JSON.parse(stdout) as Report;
  const judged = features[0]?.windows.filter(({ from }) => from >= hour && from < hour + HOUR_MS);
  expect(judged).toMatchObject([
    { from: hour, to: hour + SLOT_MS, values: 1000 },
    { from: hour + SLOT_MS, to: hour + SLOT_MS + 120_000, values: 1000 },
  ]);
});

test('a report is text, or a page in a file, of a version and a span', async () => {
  const text = await run(place, 'drift', 'report', 'loans@1');
  expect(text.stdout).toMatch(/^loans version 1: drift, .*\n\ndrift of feature car_value since /u);
  expect(text.stdout).toContain('Mean from 29660 to 4');
  const page = await run(
    place,
    'drift',
    'report',
    'loans@champion',
    '--format',
    'html',
    '--out',
    'drift.html',
  );
  expect(page).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  const html = readFileSync(join(place.folder, 'drift.html'), 'utf8');
  expect(html).toContain('<h1>Drift of loans version 1: drift</h1>');
  expect(html.length).toBeLessThan(2_000_000);
  const until = new Date(lastHour() - 2 * HOUR_MS).toISOString();
  const before = await run(place, 'drift', 'report', 'loans', '--since', '30d', '--until', until);
  expect(before.stdout).toMatch(/^loans version 1: ok, /u);
  const none = await run(
    place,
    'drift',
    'report',
    'loans',
    '--until',
    '2020-01-02',
    '--since',
    '2020-01-01',
  );
  expect(none.stdout).toMatch(/^loans version 1: insufficient data/u);
  expect(none.stderr).toContain('no windows of this version are stored in this span');
});

test.each<[readonly string[], number, string]>([
  [['loans', '--fail-on-drift'], 1, 'version 1 of loans drifts'],
  [['loans@2'], 4, 'version 2'],
  [['loans@candidate'], 4, 'candidate'],
  [['other'], 4, 'other'],
  [['loans@1@2'], 2, 'names no version'],
  [['@1'], 2, 'names no version'],
  [['loans', '--since', '2026-02-30'], 2, 'Expected a time'],
  [['loans', '--since', 'yesterday'], 2, 'Expected a time'],
  [['loans', '--since', '1h', '--until', '30d'], 2, '--since must be before --until'],
  [['loans', '--since', '2000-01-01'], 2, 'more than 10000 windows'],
  [['loans', '--unit', 'week'], 2, 'slot, hour, day'],
  [['loans', '--unit', 'slot', '--since', '60d'], 2, 'or a longer --unit'],
  [
    ['loans', '--format', 'html', '--out', 'no/such/folder/x.html'],
    2,
    'cannot use no/such/folder/x.html',
  ],
])('drift report %j ends with exit code %d', async (args, code, message) => {
  const { exitCode, stderr } = await run(place, 'drift', 'report', ...args);
  expect({ exitCode, stderr }).toEqual({
    exitCode: code,
    stderr: expect.stringContaining(message) as string,
  });
});

test('a version without a baseline has no report, and is not judged', async () => {
  const { folder } = withShift();
  const registry = new ModelRegistry({ store: folderStore(join(folder, 'registry')) });
  const { manifest } = await registry.openVersion('loans', 1);
  for (const baseline of [undefined, { of: 'another format' }]) {
    await registry.push({
      ...{ model: 'plain', runtime: { name: 'onnx' }, signature: manifest.signature, actor: 'ada' },
      files: { 'model.onnx': Buffer.from(JSON.stringify(baseline ?? 'weights')) },
      ...(baseline && { baseline }),
    });
  }
  await registry.setAlias('plain', 'champion', 2, { actor: 'ada' });
  for (const version of ['plain@1', 'plain@2']) {
    const { exitCode, stderr } = await run({ folder, env }, 'drift', 'report', version);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('has no baseline to compare with');
  }
  const watched = await run({ folder, env }, 'drift', 'watch', 'plain', '--once');
  expect(watched).toMatchObject({ exitCode: 0, stdout: '' });
  expect(watched.stderr).toContain("plain version 2 can't be judged: it has no baseline");
});

test('50 concurrent judges, after one that was killed, record one drift that begins, and one that ends', async () => {
  const judged = withShift();
  const registry = join(judged.folder, 'registry');
  const program = fileURLToPath(new URL('../support/watch-killed.ts', import.meta.url));
  const killed = spawn(process.execPath, ['--conditions=@fairlead/source', program, registry]);
  await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const store = folderStore(registry);
  const model = new ModelRegistry({ store }).model('loans');
  expect(await model.events()).toEqual([]);
  const runs = await Promise.all(
    Array.from({ length: 50 }, () => run(judged, 'drift', 'watch', '--once')),
  );
  expect(runs.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
    Array.from({ length: 50 }, () => ({ exitCode: 0, stderr: '' })),
  );
  const [began, ...others] = await new ModelRegistry({ store }).model('loans').events();
  expect(others).toEqual([]);
  expect(began).toMatchObject({ type: 'drift-began', version: 1, actor: 'ada' });
  // Requests like those of the training table again.
  const reference = readLoans('reference');
  for (const [index, hour] of [0, 1, 2].entries()) {
    await recordHour(store, reference, {
      first: index * 500,
      last: index * 500 + 500,
      hour: lastHour() + (hour + 1) * HOUR_MS,
    });
  }
  const now = new Date(lastHour() + 4 * HOUR_MS + 600_000);
  vi.setSystemTime(now);
  const later = await Promise.all(
    Array.from({ length: 5 }, () =>
      run(judged, 'drift', 'watch', 'loans', '--once', '--fail-on-drift'),
    ),
  );
  vi.useRealTimers();
  expect(later.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0]);
  const events = await new ModelRegistry({ store }).model('loans').events();
  expect(events.map(({ type }) => type)).toEqual(['drift-began', 'drift-ended']);
  const history = await run(judged, 'model', 'history', 'loans');
  expect(history.stdout).toMatch(
    /ada +drift of version 1 began: car_value, .*\n.*ada +drift of version 1 ended: /u,
  );
  expect(Object.values(readTree(registry)).some((text) => text.includes(SENTINEL))).toBe(false);
});

test('a watch prints verdicts until it is stopped, and the version shows its drift', async () => {
  const watched = withShift();
  const stopped = await run(
    { ...watched, stopAfter: /drift of .*began: /u },
    ...['drift', 'watch', 'loans@champion', '--interval', '1s'],
  );
  expect(stopped).toMatchObject({ exitCode: 0, stderr: '' });
  expect(stopped.stdout).toMatch(/UTC {2}loans version 1: ok\n/u);
  const again = await run(
    watched,
    'drift',
    'watch',
    '--for',
    '1s',
    '--interval',
    '1s',
    '--fail-on-drift',
    '--json',
  );
  expect(again).toMatchObject({ exitCode: 1 });
  const shown = await run(watched, 'model', 'show', 'loans', '1');
  expect(shown.stdout).toMatch(/\nDrift\n(?:.*\n)*car_value +since 20.*Mean from 29660 to /u);
});

test('a watch sends a notice when drift begins, once', async () => {
  const { folder } = withShift();
  const { bodies, url } = await startReceiver();
  const hooks = { FAIRLEAD_NOTICE_SLACK_WEBHOOKS: `${url}/sentinel-hook` };
  const watching = { folder, env: { ...env, ...hooks } };
  const watch = ['drift', 'watch', '--once', '--notify'] as const;
  expect(await run(watching, ...watch)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(bodies).toEqual([
    expect.stringMatching(/Began: loans: version 1 receives or answers other values.*car_value/u),
  ]);
  await run(watching, ...watch);
  expect(bodies).toHaveLength(1);
});

test('a watch sends its notice although recording the change fails, and records it next time without another notice', async () => {
  const { folder } = withShift();
  const { bodies, url } = await startReceiver();
  const hooks = { FAIRLEAD_NOTICE_SLACK_WEBHOOKS: `${url}/sentinel-hook` };
  const watching = { folder, env: { ...env, ...hooks } };
  const watch = ['drift', 'watch', '--once', '--notify'] as const;
  const events = join(folder, 'registry/models/loans/events');
  writeFileSync(events, 'a file in place of the folder');
  const failed = await run(watching, ...watch);
  expect(failed.exitCode).not.toBe(0);
  expect(failed.stderr).toMatch(/fairlead: loans version 1: cannot write /u);
  const began = /Began: loans: version 1 receives or answers other values.*car_value/u;
  expect(bodies).toEqual([expect.stringMatching(began)]);
  rmSync(events);
  expect(await run(watching, ...watch)).toMatchObject({ exitCode: 0, stderr: '' });
  const { stdout } = await run(watching, 'model', 'history', 'loans');
  expect(stdout).toMatch(/drift of version 1 began: car_value/u);
  expect(bodies).toHaveLength(1);
});

test('a watch with notices fails without a destination, or where one does not receive them', async () => {
  const without = await run(withShift(), 'drift', 'watch', '--once', '--notify');
  expect(without).toMatchObject({ exitCode: 2, stdout: '' });
  expect(without.stderr).toContain('no destination is configured');
  const { folder } = withShift();
  const { url } = await startReceiver();
  const hooks = { FAIRLEAD_NOTICE_SLACK_WEBHOOKS: `${url}/sentinel-refused` };
  const refused = await run(
    { folder, env: { ...env, ...hooks } },
    ...['drift', 'watch', '--once', '--notify'],
  );
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toContain('began: ');
  expect(refused.stderr).toMatch(/did not receive the notice: .*403/u);
  expect(refused.stderr).toContain('1 notice did not arrive');
  expect(refused.stderr).not.toContain('sentinel');
});

test('SIGTERM ends a watch with exit code 0', async () => {
  const child = spawn(
    process.execPath,
    [...(await import('../support/bin.ts')).bin.slice(1), 'drift', 'watch', '--interval', '1h'],
    { cwd: place.folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a registry that does not exist ends a check with exit code 4', async () => {
  const missing = await runProcess(
    { folder: place.folder, env: { ...env, FAIRLEAD_REGISTRY: './nowhere' } },
    ...['drift', 'watch', '--once'],
  );
  expect(missing.exitCode).toBe(4);
});
