import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  canBootFleet,
  startBalancer,
  startFleet,
  type Balancer,
  type Fleet,
} from '@fairlead/fleet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bin } from '../support/bin.ts';
import { commandsOfLine, exampleLines, isForHosts } from '../support/example-lines.ts';
import { run, runJson, type RunResult } from '../support/fairlead.ts';
import { hostProject } from '../support/host-project.ts';

const page = readFileSync(new URL('../../../../docs/cli.md', import.meta.url), 'utf8');

describe.skipIf(!canBootFleet())('fairlead deploy and rollback', () => {
  let fleet: Fleet;
  let balancer: Balancer;

  beforeAll(async () => {
    fleet = await startFleet({ hosts: 2 });
    balancer = await startBalancer(fleet);
  });

  afterAll(() => fleet.close());

  const project = (version: number, before?: string): string => {
    const targets = fleet.hosts.map(({ name }) => `{ url: 'ssh://${name}', target: '${name}' }`);
    const socket = `${fleet.namespaces.folder}/balancer-80.sock`;
    return hostProject({
      environment: `hosts: [${targets.join(', ')}], ssh: { configFile: '${fleet.sshConfig}' },
    balancer: { kind: 'haproxy', socket: '${socket}', backend: 'hosts' }`,
      version,
      ...(before !== undefined && { before }),
    });
  };
  const predict = async (): Promise<readonly number[]> => {
    const answers = await Promise.all(
      [1, 2].map(() => fleet.run(['curl', '-sS', `${balancer.url}/v2/models/m/infer`])),
    );
    return answers.map(({ stdout }) => (JSON.parse(stdout) as { version: number }).version);
  };
  const deploy = (folder: string, ...args: readonly string[]): Promise<RunResult> =>
    run({ folder }, 'deploy', '--yes', '--watch', '1s', ...args);

  test('deploys a release host by host, changes nothing the second time, and returns to the release before', async () => {
    const first = project(1);
    const unconfirmed = await run({ folder: first }, 'deploy');
    expect([unconfirmed.exitCode, unconfirmed.stderr]).toEqual([
      2,
      expect.stringMatching(
        /this would deploy release [0-9a-f]{12} to 2 hosts of production/,
      ) as string,
    ]);
    const dry = await run({ folder: first }, 'deploy', '--dry-run');
    expect(dry.stdout).toMatch(/^h1 +none +send [\d.]+ MiB, activate [0-9a-f]{12}$/m);
    const deployed = await deploy(first);
    expect(deployed).toMatchObject({ exitCode: 0 });
    expect(deployed.stdout).toMatch(/^Release [0-9a-f]{12} runs on 2 hosts of production\.\n$/);
    expect(deployed.stderr).toMatch(
      /h1: activated[^]*h2: waiting for the last requests[^]*h2: activated/,
    );
    expect(await predict()).toEqual([1, 1]);
    const again = await deploy(first);
    expect([again.exitCode, again.stdout]).toEqual([
      0,
      expect.stringMatching(/runs on 2 hosts of production already: nothing was changed/) as string,
    ]);

    const second = await deploy(project(2), '--json');
    const lines = second.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines.at(-1)).toMatchObject({ type: 'result', outcome: 'activated' });
    expect(new Set(lines.map(({ type }) => type))).toEqual(
      new Set(['phase', 'step', 'host', 'result']),
    );
    expect(await predict()).toEqual([2, 2]);
    const rolledBack = await run({ folder: first }, 'rollback', '--yes');
    expect(rolledBack).toMatchObject({ exitCode: 0 });
    expect(rolledBack.stdout).toMatch(
      /^Release [0-9a-f]{12} runs again on 2 hosts of production\.\n$/,
    );
    expect(await predict()).toEqual([1, 1]);
    const nothing = await run({ folder: first }, 'rollback', '--yes');
    expect(nothing.exitCode).toBe(5);
    expect(await predict()).toEqual([1, 1]);
  });

  test('a release that can not start is reverted, with the reason, the log and exit code 1', async () => {
    const { exitCode, stderr } = await deploy(project(3, "throw new Error('no model here');"));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /the release failed, and the release before runs again:\n- h1: .*ended \d times/,
    );
    expect(stderr).toContain('no model here');
    expect(stderr).toContain('[ERR_CLI_REVERTED]');
    expect(await predict()).toEqual([1, 1]);
    const { hosts } = await runJson({ folder: project(1) }, 'hosts', 'status');
    const releases = (hosts as readonly { current: string }[]).map(({ current }) => current);
    expect(new Set(releases).size).toBe(1);
  });

  test('a hand edit is in the plan with its path, and fails the check', async () => {
    const folder = project(1);
    const host = fleet.host('h2');
    await host.run([
      'sh',
      '-c',
      'rm /etc/nginx/nginx.conf && echo "# edited" >/etc/nginx/nginx.conf',
    ]);
    const plan = await run({ folder }, 'hosts', 'plan', '--check');
    expect([plan.exitCode, plan.stderr]).toEqual([
      1,
      expect.stringContaining('1 host of 2 differ from the release') as string,
    ]);
    expect(plan.stdout).toMatch(
      /h1:\n {2}No difference[^]*h2:\n {2}1 difference from release [^]*nginx\.conf +another file/,
    );
  });

  test('Ctrl-C stops a deployment between two hosts, both serve, and the next one finishes', async () => {
    const folder = project(4);
    const child = spawn(process.execPath, [...bin.slice(1), 'deploy', '--yes', '--watch', '1s'], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'close');
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (text.includes('h1: switching')) child.kill('SIGINT');
    });
    expect([await ended, stderr]).toEqual([
      [130, null],
      expect.stringContaining('[ERR_CLI_STOPPED]') as string,
    ]);
    expect(stderr).toContain('h1: activated');
    expect(stderr).not.toContain('h2: switching');
    expect(new Set(await predict())).toEqual(new Set([4, 1]));
    const { exitCode, stderr: next } = await deploy(folder);
    expect([exitCode, next]).toEqual([0, expect.stringContaining('h2: activated') as string]);
    expect(await predict()).toEqual([4, 4]);
  });

  test('a deployment that another one is locked out by ends with exit code 3 and names its owner', async () => {
    const folder = project(1);
    const lock = { id: '1', owner: 'ada@laptop', since: '2030-01-01T00:00:00.000Z' };
    await fleet.host('h1').writeFile('/var/lib/fairlead-deploy/rollout.json', JSON.stringify(lock));
    const { exitCode, stderr } = await deploy(folder);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('ada@laptop') as string]);
    await fleet.host('h1').run(['rm', '/var/lib/fairlead-deploy/rollout.json']);
  });

  test('the examples of docs/cli.md for releases and hosts run', async () => {
    const folder = project(1);
    const place = { folder };
    const text = readFileSync(join(folder, 'fairlead.config.ts'), 'utf8');
    const [, production = ''] = /( {2}production: \{.*?\n {2}\},\n)/s.exec(text) ?? [];
    // The examples name a second environment, and a host by its address.
    const staging = production.replace('production', 'staging');
    const renamed = (part: string) =>
      part.replaceAll("'ssh://h1'", `'ssh://${fleet.host('h1').address}'`);
    const both = renamed(text.replace(production, production + staging));
    const keys = await runJson(place, 'key', 'signing', 'release');
    expect(keys).toBeDefined();
    writeFileSync(
      join(folder, 'fairlead.config.ts'),
      both.replaceAll('release: {', "release: {\n      signingKeyFile: 'release.private.pem',"),
    );
    writeFileSync(join(folder, 'check.sh'), 'true\n');
    const built = await runJson(place, 'release', 'build', 'production', '--publish');
    // Those of `restore` need a host that was lost (`restore.fleet.ts`), that of `check` a load balancer (`ci-page.test.ts`), one of
    // `plan` a stack (`plan.test.ts`).
    const lines = exampleLines(page).filter(
      (line) => isForHosts(line) && !/^fairlead (?:restore|check)|--deployed-template/.test(line),
    );
    expect(lines.length).toBeGreaterThan(15);
    for (const [index, line] of lines.entries()) {
      if (line.startsWith('fairlead rollback')) {
        // A release to return from.
        const service = join(folder, 'service.ts');
        const program = readFileSync(service, 'utf8').replace(
          /version: \d+/,
          `version: ${100 + index}`,
        );
        writeFileSync(service, program);
        const next = await run(place, 'deploy', 'production', '--yes', '--watch', '0s');
        expect(next).toMatchObject({ exitCode: 0 });
      }
      const one = /\b(?:release build|deploy|hosts exec|hosts status)$|exec -- /.test(line);
      const adapted = line
        .replaceAll('releases/fairlead.tar', String(built.path))
        .replaceAll('4f9a1c20be77', String(built.digest).slice(0, 12))
        .replaceAll('10.0.0.1', fleet.host('h1').address)
        .replace(/ --follow/, '')
        .replace(/^(fairlead (?:deploy|rollback).*)$/, '$1 --yes')
        .replace(/^(fairlead deploy.*)$/, '$1 --watch 1s');
      const [words = []] = commandsOfLine(adapted);
      const at = words.indexOf('--');
      const given = one && !words.includes('production') ? ['--config', 'one.config.ts'] : [];
      const end = at === -1 ? words.length : at;
      writeFileSync(
        join(folder, 'one.config.ts'),
        readFileSync(join(folder, 'fairlead.config.ts'), 'utf8').replace(
          /( {2}staging: \{.*?\n {2}\},\n)/s,
          '',
        ),
      );
      const { exitCode, stderr } = await run(
        place,
        ...words.slice(0, end),
        ...given,
        ...words.slice(end),
      );
      // Differences that a plan finds with `--detailed-exitcode` are no error.
      const hasFound = words.includes('--detailed-exitcode') && exitCode === 2;
      if (exitCode !== 0 && !hasFound)
        throw new Error(`${line} ended with ${String(exitCode)}: ${stderr}`);
    }
  });
});
