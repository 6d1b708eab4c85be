import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { captureRequests } from './support/captured-requests.ts';
import { pushLoans, recordShift } from './support/car-loans.ts';
import { commandsOf, normalized, withOutputs } from './support/console-page.ts';
import { commandsOfLine } from './support/example-lines.ts';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const pagePath = new URL('../../../docs/monitoring.md', import.meta.url);

test('every command of docs/monitoring.md prints the output on the page', async () => {
  // The page has times.
  vi.setSystemTime('2026-11-28T16:30:00Z');
  const folder = temporaryFolder();
  await recordShift(await pushLoans(join(folder, 'registry')));
  const at = Date.now() - 60_000;
  const requests = ['r1', 'r2', 'r3'].map((id) => ({ id, at }));
  await captureRequests(folder, { model: 'loans', version: '1' }, requests);
  writeFileSync(
    join(folder, 'labels.csv'),
    'request_id,row,label\nr1,0,1\nr1,1,1\nr2,0,0\nr2,0,1\nr2,1,0\n',
  );
  const env: Record<string, string> = {};
  const outputs: string[] = [];
  const page = readFileSync(pagePath, 'utf8');
  for (const { command } of commandsOf(page)) {
    if (command.startsWith('export ')) {
      for (const word of command.split(' ').slice(1)) {
        const [name = '', value = ''] = word.split('=');
        env[name] = value;
      }
      outputs.push('');
      continue;
    }
    const [args = []] = commandsOfLine(command);
    const { exitCode, stdout, stderr } = await run({ folder, env }, ...args);
    expect({ command, exitCode, stderr }).toEqual({ command, exitCode: 0, stderr: '' });
    outputs.push(stdout.replaceAll(folder, '/home/ada').trimEnd());
  }
  vi.useRealTimers();
  expect(outputs.length).toBeGreaterThan(10);
  // Rewrites the page: review the difference like code.
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') writeFileSync(pagePath, withOutputs(page, outputs));
  const shown = commandsOf(readFileSync(pagePath, 'utf8')).map(({ output }) => output);
  expect(outputs.map(normalized)).toEqual(shown.map(normalized));
});
