import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/test-support';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GatewayProcess } from '../../src/processes/gateway-process.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});

afterEach(() => {
  vi.useRealTimers();
});

async function start(text: string): Promise<GatewayProcess> {
  const module = join(temporaryFolder(), 'process.mjs');
  await writeFile(module, text);
  const program = { module, args: [], environment: {}, onOutput: () => undefined };
  return new GatewayProcess(1, program, () => ({}) as never);
}

test('a process that hangs while it starts is killed after two minutes', async () => {
  const hung = await start('for (;;);');
  await vi.advanceTimersByTimeAsync(122_000);
  expect(await hung.ended).toBe('its event loop did not answer for 120 s while it started');
});

test('a process that is ready is killed after ten seconds', async () => {
  const hung = await start('for (;;);');
  hung.watch({ onSilence: () => undefined, onAnswer: () => undefined });
  await vi.advanceTimersByTimeAsync(12_000);
  expect(await hung.ended).toBe('its event loop did not answer for 10 s');
});
