import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import { beforeEach, expect, it, vi } from 'vitest';

import { activate, rollback } from '../../src/agent/activate.ts';
import { digestOf, serializeManifest } from '../../src/release/release-manifest.ts';

// systemd of the host: every command succeeds.
vi.mock('../../src/agent/run-program.ts', () => ({
  runProgram: () => Promise.resolve({ code: 0, stdout: '', stderr: '' }),
}));

let paths: { readonly root: string; readonly state: string };
let oldest: string;
let older: string;
let latest: string;
const steps: string[] = [];
const onStep = (step: string): void => void steps.push(step);

beforeEach(() => {
  const folder = temporaryFolder();
  paths = { root: join(folder, 'opt'), state: join(folder, 'state') };
  mkdirSync(paths.state, { recursive: true });
  [oldest, older, latest] = [1, 2, 3].map(installRelease) as [string, string, string];
  symlinkSync(`releases/${latest}`, join(paths.root, 'current'));
  writeState({ history: [latest, older, oldest] });
  steps.length = 0;
});

/** Places a prepared release without services and checks; returns its digest. */
function installRelease(version: number): string {
  const text = serializeManifest({
    ...{ format: 'fairlead-release/1', name: `shop-${version}`, platform: 'linux-x64' },
    ...{ node: '24.21.0', parts: [part], hostFiles: [], sbomSha256: digestOf('') },
    gate: {
      origin: { scheme: 'http', address: '127.0.0.1', port: 80, name: 'shop' },
      ...{ checks: [], timeoutMs: 1_000 },
    },
  });
  const folder = join(paths.root, 'releases', digestOf(text));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'manifest.json'), text);
  return digestOf(text);
}

const part = {
  ...{ role: 'application' as const, sha256: digestOf(''), bytes: 1, compressedBytes: 1 },
  files: [{ path: 'gateway/main.js', sha256: digestOf(''), bytes: 1, mode: '644' as const }] as [
    { path: string; sha256: string; bytes: number; mode: '644' },
  ],
};

function writeState(state: object): void {
  const text = JSON.stringify({ format: 'fairlead-deploy/1', ...state });
  writeFileSync(join(paths.state, 'state.json'), text);
}

const readState = (): unknown => JSON.parse(readFileSync(join(paths.state, 'state.json'), 'utf8'));

it('a rollback whose clean-up fails has its history, so that the next one does not return to the release that was rolled back', async () => {
  // The clean-up reads the manifest of each release that stays.
  rmSync(join(paths.root, 'releases', oldest), { recursive: true });
  await expect(rollback(paths, onStep)).rejects.toThrow("isn't on this host");
  expect(steps.at(-1)).toBe('clean-up');
  expect(readState()).toEqual({ format: 'fairlead-deploy/1', history: [older, oldest] });
});

it('the files of a release that was rolled back stay until the next activation', async () => {
  expect(await rollback(paths, onStep)).toEqual({ outcome: 'activated', digest: older });
  expect(existsSync(join(paths.root, 'releases', latest))).toBe(true);
  expect(await rollback(paths, onStep)).toEqual({ outcome: 'activated', digest: oldest });
  expect(readState()).toEqual({ format: 'fairlead-deploy/1', history: [oldest] });
});

it('a killed rollback is finished by the next one, with the history of one rollback', async () => {
  const pending = { digest: older, previous: latest, since: '2026-01-01T00:00:00Z' };
  writeState({ history: [latest, older, oldest], pending: { ...pending, isRollback: true } });
  expect(await rollback(paths, onStep)).toEqual({ outcome: 'activated', digest: older });
  expect(readState()).toEqual({ format: 'fairlead-deploy/1', history: [older, oldest] });
});

it('secrets of before that an activation left, which was killed at its end, are not restored by a later one', async () => {
  const file = join(paths.state, 'previous-secrets.json');
  writeFileSync(file, '[]');
  await activate(paths, latest, onStep);
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, '[]');
  const pending = { digest: latest, previous: older, since: '2026-01-01T00:00:00Z' };
  writeState({ history: [older, oldest], pending });
  let isStored = false;
  await activate(paths, latest, (step) => {
    if (step === 'gate') isStored = existsSync(file);
  });
  expect([isStored, existsSync(file)]).toEqual([true, false]);
});
