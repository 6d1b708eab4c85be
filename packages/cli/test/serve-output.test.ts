import { expect, test } from 'vitest';
import { formatServing } from '../src/commands/serve/format-serving.ts';
import { shortenExample } from '../src/commands/serve/shorten-example.ts';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const serving = {
  ...{ address: 'http://127.0.0.1:8080', key: 'key', models: [] },
  processes: { number: 1 },
};
const served = { isTemporary: false, unpromoted: [], alias: 'champion', settings: {} };

test('serve prints the address for gRPC that the environment sets', () => {
  const location = 'registry';
  expect(formatServing(serving, { ...served, location }).join('\n')).not.toContain('gRPC');
  expect(
    formatServing({ ...serving, grpc: '0.0.0.0:9000' }, { ...served, location }).join('\n'),
  ).toContain('gRPC:   0.0.0.0:9000 (FAIRLEAD_GRPC_LISTEN)');
});

test('serve prints the number of processes with its reason, unless it is 1 as by default', () => {
  const printed = (processes: { number: number; reason?: string }): string =>
    formatServing({ ...serving, processes }, { ...served, location: 'registry' }).join('\n');
  expect(printed({ number: 1 })).not.toContain('Runs');
  expect(printed({ number: 2 })).toContain('\nRuns:   2 processes\n');
  expect(printed({ number: 1, reason: 'no more fit' })).toContain(
    '\nRuns:   1 process: no more fit\n',
  );
});

test('serve says what it records, and that it takes part in rollouts or not', () => {
  const printed = (settings: Readonly<Record<string, string>>): string =>
    formatServing(serving, { ...served, location: 'registry', settings }).join('\n');
  expect(printed({ FAIRLEAD_ROLLOUTS: 'off' })).toContain(
    `Stores: no counts for drift reports (FAIRLEAD_STATE_FOLDER); no requests (FAIRLEAD_CAPTURE_LOCATION)
Rollouts of the registry are ignored (FAIRLEAD_ROLLOUTS=on takes part).`,
  );
  const recording = { FAIRLEAD_STATE_FOLDER: 'state', FAIRLEAD_CAPTURE_LOCATION: 'captured' };
  expect(printed({ ...recording, FAIRLEAD_ROLLOUTS: 'on' })).toContain(
    `Stores: counts for drift reports, every five minutes; requests in captured
Takes part in the rollouts of the registry: it splits traffic, and judges.`,
  );
  expect(printed({ ...recording, FAIRLEAD_WINDOWS: 'off' })).toContain('Stores: no counts');
});

test.each([
  [
    'a list of rows',
    [
      [1, 2],
      [3, 4],
    ],
    [[1, 2]],
  ],
  ['flat data', [1, 2, 3, 4], [1, 2]],
])('an example is shortened to its first row: %s', (_, data, first) => {
  const example = (rows: number, values: unknown) => ({
    id: 'a',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 2], data: values }],
  });
  const free = [{ name: 'x', shape: [-1, 2] }];
  expect(shortenExample(example(2, data), free)).toEqual(example(1, first));
  expect(shortenExample(example(1, first), free)).toEqual(example(1, first));
  expect(shortenExample(example(2, data), [{ name: 'x', shape: [2, 2] }])).toEqual(
    example(2, data),
  );
  const different = { inputs: [...example(2, data).inputs, ...example(1, first).inputs] };
  expect(shortenExample(different, free)).toBe(different);
  expect(shortenExample({ inputs: [{ shape: [2], data: [1] }] }, free)).toEqual({
    inputs: [{ shape: [2], data: [1] }],
  });
});

test('a command to paste has a quoted registry, without control characters', () => {
  const location = "it's \u001b[31ma registry";
  const unpromoted = [{ model: 'iris', latestVersion: 2 }];
  const text = formatServing(serving, { ...served, location, unpromoted }).join('\n');
  expect(text).not.toContain('\u001b');
  expect(text).toContain(String.raw`--registry 'it'\''s [31ma registry'`);
});

test('serve takes one model, not a list', async () => {
  const folder = temporaryFolder();
  await run({ folder }, 'registry', 'init', '--registry', 'registry');
  const refused = await run({ folder }, 'serve', '--registry', 'registry', '--model', 'a,b');
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain('a,b');
});
