import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { commandsOf, normalized, withOutputs } from './support/console-page.ts';
import { commandsOfLine } from './support/example-lines.ts';
import { run } from './support/fairlead.ts';
import { serveShift, writeLabels, writeTraining } from './support/monitored-loans.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const pagePath = new URL('../../../docs/monitoring.md', import.meta.url);
/** The host of the notices on the page, as long as that of the receiver. */
const CHAT = 'my-chat.example';

/** Receives notices in place of the address on the page. */
async function startReceiver() {
  const bodies: string[] = [];
  const receive = async (request: IncomingMessage): Promise<void> => {
    bodies.push(await text(request));
  };
  const server = createServer((request, response) => {
    void receive(request).then(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { bodies, host: `127.0.0.1:${port}` };
}

test('every command of docs/monitoring.md prints the output on the page', async () => {
  const folder = temporaryFolder();
  const receiver = await startReceiver();
  writeTraining(folder);
  writeLabels(folder, '2026-12-28T09:00:00Z');
  onTestFinished(() => void vi.useRealTimers());
  // The page has times: a day of requests, and a month later.
  vi.setSystemTime('2026-11-28T07:30:00Z');
  const before: readonly (readonly [RegExp, () => Promise<void> | void])[] = [
    [
      /^fairlead drift watch/,
      async () => {
        await serveShift(folder, Date.parse('2026-11-28T08:00:00Z'));
        vi.setSystemTime('2026-11-28T16:10:00Z');
      },
    ],
    [/^fairlead labels import .* --dry-run/, () => void vi.setSystemTime('2026-12-28T10:00:00Z')],
  ];
  const env: Record<string, string> = {};
  const outputs: string[] = [];
  const page = readFileSync(pagePath, 'utf8');
  for (const { command } of commandsOf(page)) {
    for (const [pattern, act] of before) if (pattern.test(command)) await act();
    if (command.startsWith('export ')) {
      for (const word of command.split(' ').slice(1)) {
        const [name = '', value = ''] = word.split('=');
        env[name] = value.replace(`https://${CHAT}`, `http://${receiver.host}`);
      }
      outputs.push('');
      continue;
    }
    const [args = []] = commandsOfLine(command);
    const { exitCode, stdout, stderr } = await run({ folder, env }, ...args);
    expect({ command, exitCode, stderr }).toEqual({ command, exitCode: 0, stderr: '' });
    outputs.push(stdout.replaceAll(folder, '/home/ada').replaceAll(receiver.host, CHAT).trimEnd());
  }
  expect(receiver.bodies).toHaveLength(1);
  expect(outputs.length).toBeGreaterThan(15);
  // Rewrites the page: review the difference like code.
  if (process.env.FAIRLEAD_UPDATE_DOCS === '1') writeFileSync(pagePath, withOutputs(page, outputs));
  const shown = commandsOf(readFileSync(pagePath, 'utf8')).map(({ output }) => output);
  expect(outputs.map(normalized)).toEqual(shown.map(normalized));
});
