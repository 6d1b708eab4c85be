import { expect, test } from 'vitest';
import { formatServing } from '../src/commands/serve/format-serving.ts';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const serving = { address: 'http://127.0.0.1:8080', key: 'key', models: [] };
const served = { isTemporary: false, unpromoted: [], alias: 'champion' };

test('serve prints the address for gRPC that the environment sets', () => {
  const location = 'registry';
  expect(formatServing(serving, { ...served, location }).join('\n')).not.toContain('gRPC');
  expect(
    formatServing({ ...serving, grpc: '0.0.0.0:9000' }, { ...served, location }).join('\n'),
  ).toContain('gRPC:   0.0.0.0:9000 (FAIRLEAD_GRPC_LISTEN)');
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
