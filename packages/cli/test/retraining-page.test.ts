import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { commandsOf, filesOf, normalized, withOutputs } from './support/console-page.ts';
import { commandsOfLine } from './support/example-lines.ts';
import { run } from './support/fairlead.ts';
import { PYTHON, serveCustomers, trainFirst } from './support/retrained-churn.ts';
import { sendTraffic } from './support/rollout-traffic.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const pagePath = new URL('../../../docs/retraining.md', import.meta.url);
const HOUR_MS = 3_600_000;

test('every command of docs/retraining.md prints the output on the page', async () => {
  const folder = temporaryFolder();
  const page = readFileSync(pagePath, 'utf8');
  for (const [name, text] of filesOf(page)) writeFileSync(join(folder, name), text);
  const env: Record<string, string> = { PATH: `${PYTHON}:${process.env.PATH ?? ''}` };
  const place = { folder, env };
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ now: Date.parse('2026-11-27T07:30:00Z'), toFake: ['Date'] });
  trainFirst(folder);
  const registry = join(folder, 'registry');
  const prepare = { folder, env: { ...env, FAIRLEAD_REGISTRY: registry, FAIRLEAD_ACTOR: 'ada' } };
  const baseline = [
    '--baseline',
    'trained/baseline.csv',
    '--label',
    'label',
    '--scores',
    'probabilities',
  ];
  for (const args of [
    ['registry', 'init'],
    ['model', 'push', 'churn', 'trained', '--metadata', 'churn.json', ...baseline],
    ['model', 'promote', 'churn', '1', '-m', 'the first one'],
    ['model', 'gates', 'set', 'churn', 'champion', 'accuracy >= 0.8'],
  ]) {
    expect(await run(prepare, ...args)).toMatchObject({ exitCode: 0 });
  }
  /** Serves customers in the hours before a time. */
  const serve = async (
    until: string,
    hours: number,
    factor: number,
    version: number,
  ): Promise<void> => {
    const end = Date.parse(until);
    await serveCustomers(folder, { begin: end - hours * HOUR_MS, hours, factor, version });
    vi.setSystemTime(end + 900_000);
  };
  /** Minutes pass, with requests of as many users, after which gateways judge. */
  let firstUser = 0;
  const pass = async (minutes: number, requests: number): Promise<void> => {
    vi.setSystemTime(Date.now() + minutes * 60_000);
    await sendTraffic(registry, { model: 'churn', requests, firstUser, judge: true });
    firstUser += requests / 2;
  };
  // Events before a command of the page, by the number of the command.
  const before = new Map<string, readonly (() => Promise<void>)[]>([
    ['fairlead retrain status', [() => serve('2026-11-27T12:00:00Z', 4, 1, 1)]],
    [
      'fairlead labels import',
      [() => serve('2026-11-28T14:00:00Z', 6, 3, 1), () => serve('2026-11-29T12:00:00Z', 4, 3, 2)],
    ],
    [
      'fairlead rollout status',
      [
        async () => {
          for (const minutes of [11, 11, 12]) await pass(minutes, 14_000);
        },
      ],
    ],
  ]);
  const outputs: string[] = [];
  for (const { command } of commandsOf(page)) {
    for (const [start, events] of before) {
      if (!command.startsWith(start)) continue;
      await events[0]?.();
      before.set(start, events.slice(1));
    }
    if (command.startsWith('export ')) {
      for (const word of command.split(' ').slice(1)) {
        const [name = '', value = ''] = word.split('=');
        env[name] = value;
      }
      outputs.push('');
      continue;
    }
    const [args = []] = commandsOfLine(command);
    const { exitCode, stdout, stderr } = await run(place, ...args);
    expect({ command, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({
      command,
      exitCode: 0,
      stderr: '',
    });
    outputs.push(`${stderr}${stdout}`.replaceAll(folder, '/home/ada').trimEnd());
  }
  expect([...before.values()].flat()).toEqual([]);
  // Rewrites the page: review the difference like code.
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') writeFileSync(pagePath, withOutputs(page, outputs));
  const shown = commandsOf(readFileSync(pagePath, 'utf8')).map(({ output }) => output);
  expect(outputs.map(normalized)).toEqual(shown.map(normalized));
});
