import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { commandsOf, normalized, withOutputs } from './support/console-page.ts';
import { commandsOfLine } from './support/example-lines.ts';
import { run } from './support/fairlead.ts';
import { affine, affineNext } from './support/models.ts';
import { sendTraffic } from './support/rollout-traffic.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const pagePath = new URL('../../../docs/rollout.md', import.meta.url);

test('every command of docs/rollout.md prints the output on the page', async () => {
  const folder = temporaryFolder();
  const env = { FAIRLEAD_REGISTRY: join(folder, 'registry'), FAIRLEAD_ACTOR: 'ada' };
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ now: Date.parse('2026-11-29T09:00:00Z'), toFake: ['Date'] });
  copyFileSync(affine, join(folder, 'first.onnx'));
  copyFileSync(affineNext, join(folder, 'retrained.onnx'));
  copyFileSync(affine, join(folder, 'broken.onnx'));
  copyFileSync(affineNext, join(folder, 'ranked.onnx'));
  const place = { folder, env };
  for (const args of [
    ['registry', 'init'],
    ['model', 'push', 'churn', 'first.onnx'],
    ['model', 'promote', 'churn', '1', '-m', 'the first one'],
  ]) {
    expect(await run(place, ...args)).toMatchObject({ exitCode: 0 });
  }
  vi.setSystemTime('2026-11-29T12:00:00Z');
  /** Minutes pass, with requests of as many users, after which gateways judge. */
  let firstUser = 0;
  const pass = async (
    minutes: number,
    requests: number,
    { fails = false, shops = false } = {},
  ): Promise<void> => {
    vi.setSystemTime(Date.now() + minutes * 60_000);
    await sendTraffic(env.FAIRLEAD_REGISTRY, {
      ...{ model: 'churn', requests, firstUser, judge: true },
      fails: (version, request) => fails && version === '3' && request % 50 === 0,
      outcomes: (version, user) => {
        const chance = (Math.imul(user, 2_654_435_761) >>> 0) / 2 ** 32;
        const conversion = chance < (version === '4' ? 0.075 : 0.05) ? 1 : 0;
        return shops ? { conversion, wait: 2 + 3 * chance } : {};
      },
    });
    // Half of the users come again.
    firstUser += requests / 2;
  };
  // Events before each `fairlead rollout status` of the page.
  const before: readonly (() => Promise<void>)[] = [
    () => pass(6, 7_000),
    async () => {
      await pass(5, 14_000);
      await pass(11, 14_000);
      await pass(8, 10_000);
    },
    () => pass(4, 5_000),
    async () => {
      await pass(12, 15_000, { fails: true });
      await pass(4, 5_000, { fails: true });
    },
    () => pass(6 * 60, 5_000, { shops: true }),
    async () => {
      await pass(12 * 60, 12_000, { shops: true });
      await pass(8 * 60, 6_000, { shops: true });
    },
  ];
  let shownStates = 0;
  const outputs: string[] = [];
  const page = readFileSync(pagePath, 'utf8');
  for (const { command } of commandsOf(page)) {
    if (command.startsWith('fairlead rollout status')) await before[shownStates++]?.();
    const [args = []] = commandsOfLine(command);
    const { exitCode, stdout, stderr } = await run(place, ...args);
    expect({ command, exitCode, stderr }).toEqual({ command, exitCode: 0, stderr: '' });
    outputs.push(stdout.replaceAll(folder, '/home/ada').trimEnd());
  }
  expect(shownStates).toBe(before.length);
  // Rewrites the page: review the difference like code.
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') writeFileSync(pagePath, withOutputs(page, outputs));
  const shown = commandsOf(readFileSync(pagePath, 'utf8')).map(({ output }) => output);
  expect(outputs.map(normalized)).toEqual(shown.map(normalized));
});
