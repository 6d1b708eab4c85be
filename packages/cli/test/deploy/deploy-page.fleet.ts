import { execFile } from 'node:child_process';
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { canBootFleet, startFleet } from '@fairlead/fleet';
import { until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { bin, installCommand } from '../support/bin.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const page = readFileSync(new URL('../../../../docs/deploy.md', import.meta.url), 'utf8');

/** Commands of the page, in their order. */
const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
  block.trimEnd().split('\n'),
);
/** Response of the Open Inference Protocol. */
interface Answer {
  readonly outputs?: readonly { readonly data: readonly number[] }[];
}

const FIVE_MINUTES_MS = 300_000;
const ADDRESS = '203.0.113.10';

test('the page has at most ten commands', () => {
  expect(commands.length).toBeLessThanOrEqual(10);
  expect(commands[0]).toContain('npx @fairlead/cli init');
  expect(commands.at(-1)).toContain('curl');
});

/** Environment of the commands, and the command that is run for one of the page. */
interface Shell {
  readonly env: NodeJS.ProcessEnv;
  /** Folder of the project's folder. */
  readonly folder: string;
  /** `undefined` for a command that isn't run. */
  readonly commandFor: (command: string) => string | undefined;
  /** Conditions of the release, as TypeScript. */
  readonly conditions: string;
}

/** Runs the packages' sources, inside of this package, where the dependencies of the project resolve: `npm install` of the page installs them elsewhere. */
function ofSources(): Shell {
  const folder = temporaryFolder(import.meta.dirname);
  const tools = installCommand(folder);
  writeFileSync(
    join(tools, 'npx'),
    `#!/bin/sh\n[ "$1" = @fairlead/cli ] && shift && set -- fairlead "$@"\nexec "$@"\n`,
  );
  chmodSync(join(tools, 'npx'), 0o755);
  return {
    // Downloads are cached in the home of the account, and npm has its settings there.
    env: { ...process.env, PATH: `${tools}:${process.env.PATH ?? ''}` },
    folder,
    commandFor: (command) => (command === 'npm install' ? undefined : command),
    conditions: " conditions: ['@fairlead/source'],",
  };
}

/** Packs the packages, and installs them with npm in a folder that has nothing of this repository, as README.md says until they are on npm. */
async function ofPackages(): Promise<Shell> {
  const folder = temporaryFolder(tmpdir());
  const tarballs = join(folder, 'packages');
  const pack = `npm run build && npm run release:pack -- '${tarballs}'`;
  await promisify(execFile)('bash', ['-c', pack], { cwd: root, maxBuffer: 64 * 2 ** 20 });
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    // Without 300 MB of CUDA, which npm doesn't have.
    ONNXRUNTIME_NODE_INSTALL: 'skip',
  };
  // The conditions of the tests lead to sources.
  delete env.NODE_OPTIONS;
  const init = bin.map((word) => `'${word}'`).join(' ');
  const install = `npm install ${globSync(`${tarballs}/*.tgz`).join(' ')}`;
  return {
    ...{ env, folder, conditions: '' },
    commandFor: (command) =>
      command === 'npm install' ? install : command.replace(/^npx @fairlead\/cli/, init),
  };
}

function temporaryFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, '.page-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

test.skipIf(!canBootFleet())(
  'a project with pipelines of the packages, installed with npm, has a release',
  async () => {
    const { env, folder, commandFor } = await ofPackages();
    const script = [
      commandFor('npx @fairlead/cli init shop --ci github'),
      ...['cd shop', commandFor('npm install')],
      'npx fairlead release build staging --out dist --json',
    ].join(' && ');
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env });
    expect(stdout).toMatch(/"digest": "[0-9a-f]{64}"/);
  },
);

test.skipIf(!canBootFleet()).each([
  ['sources,', ofSources],
  ['packages installed with npm,', ofPackages],
] as const)(
  'its commands, with the %s lead from nothing to a prediction over HTTPS on a bare host',
  async (_name, prepare) => {
    const { env, folder, commandFor, conditions } = await prepare();
    await using fleet = await startFleet({ image: 'bare' });
    const host = fleet.host('h1');
    let cwd = folder;
    const outputs: string[] = [];
    const begun = performance.now();
    for (const command of commands) {
      const line = commandFor(command.replaceAll(ADDRESS, host.address));
      if (line === undefined) continue;
      if (line.startsWith('curl ')) {
        const { stdout } = await fleet.run(['bash', '-c', `cd '${cwd}' && ${line}`]);
        outputs.push(stdout);
        continue;
      }
      const script = `set -e\n${line}\npwd >'${folder}/pwd'`;
      const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd, env });
      outputs.push(stdout);
      cwd = readFileSync(join(folder, 'pwd'), 'utf8').trim();
      if (line === 'npm run model') {
        configure(join(cwd, 'fairlead.config.ts'), host.address, fleet.sshConfig, conditions);
      }
    }
    expect(performance.now() - begun).toBeLessThan(FIVE_MINUTES_MS);
    const answer = JSON.parse(outputs.at(-1) ?? '') as Answer;
    // 20 + 3 · 80 m² + 15 · 3 rooms, with the noise of the training data.
    expect(answer.outputs?.[0]?.data[0], outputs.at(-1)).toBeCloseTo(305, -1);
    expect(outputs.join('')).toMatch(/Release [0-9a-f]{12} runs on 1 host of production\./);

    const run = (line: string) => promisify(execFile)('bash', ['-c', line], { cwd, env });
    const again = await run('npx fairlead deploy --yes');
    expect(again.stdout).toContain('runs on 1 host of production already: nothing was changed');
    const status = await run('npx fairlead hosts status');
    expect(status.stdout).toMatch(/4 active/);
    const plan = await run('npx fairlead hosts plan --check');
    expect(plan.stdout).toContain('No difference from release');
    // A new version of the model needs no deployment: the gateway follows the copied registry.
    const script = readFileSync(join(cwd, 'train.ts'), 'utf8');
    writeFileSync(join(cwd, 'train.ts'), script.replace('y: 20 +', 'y: 1020 +'));
    await run('npm run train && npm run push && npm run promote -- 2');
    const synced = await run('npx fairlead hosts sync');
    expect(synced.stdout).toContain('files of the registry');
    const curl = (commands.at(-1) ?? '').replaceAll(ADDRESS, host.address);
    const price = await until(async () => {
      const { stdout } = await fleet.run(['bash', '-c', `cd '${cwd}' && ${curl}`]);
      const found = (JSON.parse(stdout) as Answer).outputs?.[0]?.data[0] ?? 0;
      return found > 1000 ? found : undefined;
    });
    expect(price).toBeCloseTo(1305, -1);
    // No secret of the host is in what the commands printed, or in a file of the release on the host.
    const secrets = ['production/key', 'production/gateway.env'].map((file) =>
      readFileSync(join(cwd, file), 'utf8').trim().replace(/^.*?=/, ''),
    );
    const { stdout: inRelease } = await host.run(
      ['grep', '-rlF', ...secrets.flatMap((text) => ['-e', text]), '/opt/fairlead/releases'],
      { mayFail: true },
    );
    expect(inRelease).toBe('');
    for (const text of secrets) {
      expect(outputs.join('') + again.stdout + status.stdout + plan.stdout).not.toContain(text);
      expect(await host.journal()).not.toContain(text);
    }
  },
);

/** Does what the page says of the configuration, with the connection to the test's host. */
function configure(file: string, address: string, sshConfig: string, conditions: string): void {
  const text = readFileSync(file, 'utf8')
    .replace(ADDRESS, address)
    .replace("entry: 'service.ts',", `entry: 'service.ts',${conditions}`)
    .replace('    release: {', `    ssh: { configFile: '${sshConfig}' },\n    release: {`);
  writeFileSync(file, text);
}
