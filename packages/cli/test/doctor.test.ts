import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkClock } from '../src/commands/doctor/check-machine.ts';
import { checkNginx, checkNode } from '../src/commands/doctor/check-programs.ts';
import { placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { affine } from './support/models.ts';

interface Report {
  readonly findings: readonly {
    readonly check: string;
    readonly state: string;
    readonly found: string;
    readonly fix?: string;
  }[];
}

const pepper = 'a pepper of the tests, and long enough';

async function examine(env: Readonly<Record<string, string>>, folder: string) {
  const { exitCode, stdout } = await run({ folder, env }, 'doctor', '--json');
  const { findings } = JSON.parse(stdout) as Report;
  return { exitCode, of: (check: string) => findings.find((each) => each.check === check) };
}

test('reports no problem on a suitable machine, with exit code 0', async () => {
  const { folder, env } = placeWithRegistry();
  await runJson({ folder, env }, 'model', 'push', 'iris', affine);
  await runJson({ folder, env }, 'model', 'promote', 'iris', '1');
  const report = await examine(env, folder);
  expect(report.exitCode).toBe(0);
  expect(report.of('Node.js')).toMatchObject({ state: 'ok' });
  expect(report.of('onnxruntime-node')?.found).toMatch(/^version \d/);
  expect(report.of('registry')).toMatchObject({
    state: 'ok',
    found: './registry: 1 model, 1 with the alias champion',
  });
});

test('reports how many processes a gateway starts, and warns of more than the machine has room for', async () => {
  const { folder, env } = placeWithRegistry();
  const processes = async (variables: Readonly<Record<string, string>>) =>
    (await examine({ ...env, ...variables }, folder)).of('processes');
  expect(await processes({})).toMatchObject({
    state: 'ok',
    found: expect.stringMatching(/^FAIRLEAD_PROCESSES is 1; auto would start \d+, /) as unknown,
  });
  const memory = { FAIRLEAD_PROCESS_MEMORY_BYTES: String(2 ** 49) };
  expect(await processes({ ...memory, FAIRLEAD_PROCESSES: 'auto' })).toMatchObject({
    state: 'ok',
    found: expect.stringContaining('=auto starts 1, no more processes of ') as unknown,
  });
  expect(await processes({ ...memory, FAIRLEAD_PROCESSES: '2' })).toMatchObject({
    state: 'warning',
    found: expect.stringContaining('FAIRLEAD_PROCESSES is 2; auto would start 1, ') as unknown,
    fix: 'export FAIRLEAD_PROCESSES=auto',
  });
  expect(await processes({ FAIRLEAD_PROCESSES: 'many' })).toMatchObject({
    state: 'problem',
    found: expect.stringContaining('FAIRLEAD_PROCESSES') as unknown,
  });
});

test('reports each problem with the command that corrects it, and exit code 1', async () => {
  const { folder } = placeWithRegistry();
  const keysFile = join(folder, 'keys.json');
  const keys = { FAIRLEAD_KEYS_FILE: keysFile };
  const noPepper = await examine(keys, folder);
  expect(noPepper.exitCode).toBe(1);
  expect(noPepper.of('keys and pepper')?.fix).toContain('openssl rand -base64 32');

  const env = { ...keys, FAIRLEAD_PEPPER: pepper };
  expect((await examine(env, folder)).of('keys and pepper')?.fix).toMatch(/^fairlead key create /);
  await runJson({ folder, env }, 'key', 'create', '--client', 'acme', '--scope', 'infer:*');
  expect((await examine(env, folder)).of('keys and pepper')).toMatchObject({ state: 'ok' });
  const other = await examine({ ...keys, FAIRLEAD_PEPPER: `${pepper}!` }, folder);
  expect(other.of('keys and pepper')).toMatchObject({
    state: 'problem',
    found: expect.stringContaining('another pepper') as unknown,
    fix: expect.stringMatching(/^set FAIRLEAD_PEPPER to the one /) as unknown,
  });
  chmodSync(keysFile, 0o666);
  const open = await examine(env, folder);
  expect(open.of('keys and pepper')).toMatchObject({
    state: 'problem',
    fix: `chmod go-w ${keysFile}`,
  });

  const missing = await examine({ FAIRLEAD_REGISTRY: './nowhere' }, folder);
  expect(missing.exitCode).toBe(1);
  expect(missing.of('registry')?.fix).toBe('fairlead registry init --registry ./nowhere');
});

test('reports a damaged model of the registry', async () => {
  const { folder, env } = placeWithRegistry();
  await runJson({ folder, env }, 'model', 'push', 'iris', affine);
  await runJson({ folder, env }, 'model', 'promote', 'iris', '1');
  const entry = join(folder, 'registry/models/iris/aliases/champion/00000001.json');
  rmSync(entry);
  writeFileSync(entry, '{}');
  const report = await examine(env, folder);
  expect([report.exitCode, report.of('registry')?.state]).toEqual([1, 'problem']);
});

test('prints the fix below the problem', async () => {
  const { folder } = placeWithRegistry();
  const env = { FAIRLEAD_REGISTRY: './nowhere' };
  const { stdout, stderr } = await run({ folder, env }, 'doctor');
  expect(stdout).toMatch(/^problem {2}registry: .*\n {9}fairlead registry init --registry/m);
  expect(stderr).toContain('1 problem found: registry');
});

test.each([
  ['22.18.0', 'problem'],
  ['22.19.0', 'ok'],
  ['20.19.0', 'problem'],
  ['24.0.0', 'ok'],
])('Node.js %s: %s', (version, state) => {
  expect(checkNode(version).state).toBe(state);
});

test('a clock in the past is a problem', async () => {
  expect((await checkClock(new Date(0))).state).toBe('problem');
});

test('Nginx is found outside the PATH', async () => {
  const { state, found } = await checkNginx('/nowhere');
  expect(state === 'ok' ? found : 'version').toMatch(/^version/);
});
