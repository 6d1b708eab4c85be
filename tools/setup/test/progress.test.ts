import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { createProgress } from '../src/progress.mjs';

function record(isTTY: boolean, logIntervalMs: number) {
  let text = '';
  const stream = {
    isTTY,
    write: (data: string | Uint8Array) => {
      text += String(data);
      return true;
    },
  };
  return { runStep: createProgress(stream, { logIntervalMs }), text: () => text };
}

test('a log gets a line at the start, one with the state at each interval, and one at the end', async () => {
  const { runStep, text } = record(false, 40);
  let installed = 0;
  const twice = Promise.withResolvers<undefined>();
  await runStep(
    'npm ci',
    () => twice.promise,
    () => {
      installed += 1;
      if (installed === 2) twice.resolve(undefined);
      return `${installed} of 9 packages`;
    },
  );
  expect(text()).toMatch(
    /^… npm ci\n… npm ci \(\d\.\d s, 1 of 9 packages\)\n… npm ci \(\d\.\d s, 2 of 9 packages\)\n✓ npm ci \(\d\.\d s\)\n$/,
  );
});

test('a terminal gets one line, which is written over', async () => {
  const { runStep, text } = record(true, 1);
  await runStep(
    'npm ci',
    () => sleep(1200),
    () => 'state',
  );
  expect(text().replaceAll('\u001b[K', '|')).toMatch(
    /^\r… npm ci \(0\.0 s, state\)\|\r… npm ci \(1\.\d s, state\)\|\r✓ npm ci \(1\.\d s\)\|\n$/,
  );
});

test('a step that fails is marked, and its error is thrown', async () => {
  const { runStep, text } = record(false, 1000);
  await expect(runStep('apt', () => Promise.reject(new Error('no network')))).rejects.toThrow(
    'no network',
  );
  expect(text()).toMatch(/✗ apt \(0\.\d s\)\n$/);
});
