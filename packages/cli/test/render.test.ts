import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, runJson, runProcess } from './support/fairlead.ts';
import { readTree } from '@fairlead/test-support';
import { hostDeployment as input } from './support/host-deployment.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

// The command imports this library lazily, so lint forbids a static import of it elsewhere.
const { defineDeployment, renderDeployment } = await import('@fairlead/deploy-config');

const files = renderDeployment(defineDeployment(input));

function place(): { readonly folder: string } {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'deployment.json'), JSON.stringify(input));
  const library = new URL('../../deploy-config/src/index.ts', import.meta.url).href;
  const module = `import { defineDeployment } from ${JSON.stringify(library)};
export const deployment: unknown = defineDeployment(${JSON.stringify(input)} as never);
export default ${JSON.stringify(input)};\n`;
  writeFileSync(join(folder, 'deployment.ts'), module);
  return { folder };
}

test.each([
  ['JSON', ['deployment.json']],
  ['what a module defined', ['deployment.ts']],
  ['the input that a module exports', ['deployment.ts', '--export', 'default']],
])('every file of a deployment is written below the folder, from %s', async (_what, args) => {
  const there = place();
  const report = await runJson(there, 'render', ...args, '--out', 'out');
  expect(report).toMatchObject({ dryRun: false, written: files.length });
  for (const { path, content, mode } of files) {
    const written = join(there.folder, 'out', path);
    expect(readFileSync(written, 'utf8')).toBe(content);
    expect(statSync(written).mode & 0o777).toBe(mode);
  }
  expect(await runJson(there, 'render', ...args, '--out', 'out')).toMatchObject({ written: 0 });
});

test('the number of processes has its reason, unless the deployment names it', async () => {
  const there = place();
  const args = ['render', 'deployment.json', '--out', 'out', '--dry-run'];
  const write = (gateway: object): void => {
    const changed = { ...input, gateway: { ...input.gateway, ...gateway } };
    writeFileSync(join(there.folder, 'deployment.json'), JSON.stringify(changed));
  };
  expect((await run(there, ...args)).stdout).toContain(
    'gateway.processes is 1: the compute time of a row, gateway.computeMs, is not set.',
  );
  write({ computeMs: 0.2, memoryBytes: 100_000_000 });
  expect((await run(there, ...args)).stdout).toMatch(
    /gateway\.processes is \d+: a row computes for 0\.2 ms, so that \d+ cores need \d+ event loops\./,
  );
  write({ processes: 1, computeMs: 0.2 });
  expect((await run(there, ...args)).stdout).not.toContain('gateway.processes');
  expect(await runJson(there, ...args)).toMatchObject({ processes: { number: 1 } });
});

test('--check fails where a file differs, and writes nothing; neither does a dry run', async () => {
  const there = place();
  const args = ['render', 'deployment.json', '--out', 'out'];
  const before = readTree(there.folder);
  expect((await run(there, ...args, '--dry-run')).stdout).toContain('Dry run');
  const missing = await run(there, ...args, '--check');
  expect(missing.exitCode).toBe(1);
  expect(missing.stdout).toContain('missing');
  expect(readTree(there.folder)).toEqual(before);
  expect((await run(there, ...args)).exitCode).toBe(0);
  expect((await run(there, ...args, '--check')).exitCode).toBe(0);
  const [first] = files;
  writeFileSync(join(there.folder, 'out', first?.path ?? ''), 'changed by hand');
  const changed = await run(there, ...args, '--check');
  expect(changed.exitCode).toBe(1);
  expect(changed.stdout).toMatch(/^changed +644/m);
  expect(changed.stderr).toContain('1 file below out is different from deployment.json');
});

test('no file is written outside the folder through a symbolic link', async () => {
  const there = place();
  const elsewhere = temporaryFolder();
  mkdirSync(join(there.folder, 'out'));
  symlinkSync(elsewhere, join(there.folder, 'out/etc'));
  const refused = await run(there, 'render', 'deployment.json', '--out', 'out');
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('[ERR_CLI_UNSAFE_PATH]');
  expect(readTree(elsewhere)).toEqual({});
});

test('an export that a module does not have is an error that lists those it has', async () => {
  const args = ['render', 'deployment.ts', '--out', 'out', '--export', 'other'];
  const { exitCode, stderr } = await runProcess(place(), ...args);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('it has no export "other"; it exports default, deployment');
});

test.each([
  ['a missing file', 'nowhere.ts', [], 'no such file'],
  ['what breaks a rule', 'wrong.json', [], '[ERR_DEPLOYMENT_INVALID]'],
  ['no JSON', 'text.json', [], '[ERR_CLI_FILE]'],
])('%s is refused with what is wrong', async (_what, file, more, message) => {
  const there = place();
  writeFileSync(join(there.folder, 'wrong.json'), JSON.stringify({ ...input, host: { cores: 0 } }));
  writeFileSync(join(there.folder, 'text.json'), 'no JSON');
  const refused = await run(there, 'render', file, '--out', 'out', ...more);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain(message);
});
