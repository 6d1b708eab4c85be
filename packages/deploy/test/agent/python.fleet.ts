import { setTimeout as sleep } from 'node:timers/promises';

import { canBootFleet, startFleet, type Fleet, type FleetHost } from '@fairlead/fleet';
import { until } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import type { BuiltRelease } from '../../src/index.ts';
import { deploy, runAgent, upload } from '../support/agent-on-host.ts';
import { buildPythonService } from '../support/python-service.ts';

describe.skipIf(!canBootFleet())('a release with Python on a host', () => {
  let fleet: Fleet;
  let host: FleetHost;

  beforeAll(async () => {
    fleet = await startFleet();
    host = fleet.host('h1');
  });

  afterAll(async () => {
    await fleet.close();
  });

  const shell = async (script: string): Promise<string> => {
    const { stdout } = await host.run(['sh', '-c', script]);
    return stdout.trim();
  };
  const environments = async (): Promise<readonly string[]> =>
    (await shell('ls /opt/fairlead/venvs')).split('\n');
  const differencesOf = async (release: BuiltRelease): Promise<readonly object[]> => {
    const { result } = await runAgent(host, release, ['plan', release.digest]);
    return result?.differences as readonly object[];
  };
  const folderOf = ({ manifest }: BuiltRelease): string => {
    const wheels = manifest.parts.find(({ role }) => role === 'wheels');
    return `/opt/fairlead/venvs/3.11-${wheels?.sha256 ?? ''}`;
  };

  it('installs its packages without a network, compiled, and serves from them', async () => {
    const release = await buildPythonService({ version: 1 });
    const report = await deploy(host, release);
    expect([report.error?.message, report.result?.outcome]).toEqual([undefined, 'activated']);
    expect(await environments()).toEqual([folderOf(release).split('/').at(-1)]);
    const answer = JSON.parse(await shell('curl -sS http://127.0.0.1/python')) as {
      cached: readonly [string, string];
    };
    expect(answer.cached[1]).toBe(
      `${folderOf(release)}/lib/python3.11/site-packages/gunicorn/__pycache__/__init__.cpython-311.pyc`,
    );
    // Bytecode that Python uses without a look at the source: flags 1 in the second word (PEP 552).
    const pyc = `/opt/fairlead/releases/${release.digest}/flask/shop/__pycache__/app.cpython-311.pyc`;
    for (const path of [pyc, answer.cached[1]]) {
      expect(await shell(`od -An -tu4 -j4 -N4 ${path}`), path).toBe('1');
    }
    expect(
      await shell(`strings -n 20 ${pyc} 2>/dev/null || grep -ao '/opt/[^ ]*app.py' ${pyc}`),
    ).toContain(`/opt/fairlead/releases/${release.digest}/flask/shop/app.py`);
    expect(await differencesOf(release)).toEqual([]);
    // The second time, nothing is installed.
    const ready = await shell(`stat -c %Y%i ${folderOf(release)}/.ready`);
    expect((await deploy(host, release)).result).toMatchObject({ outcome: 'unchanged' });
    expect(await shell(`stat -c %Y%i ${folderOf(release)}/.ready`)).toBe(ready);
  });

  it('shares packages with releases of the same requirements, and removes those that no release needs', async () => {
    const first = await buildPythonService({ version: 1 });
    await deploy(host, first);
    const before = await shell(`stat -c %i ${folderOf(first)}/.ready`);
    const second = await buildPythonService({ version: 2 });
    expect((await deploy(host, second)).result).toMatchObject({ outcome: 'activated' });
    expect(folderOf(second)).toBe(folderOf(first));
    expect(await shell(`stat -c %i ${folderOf(first)}/.ready`)).toBe(before);

    const packages = ['gunicorn', 'blinker'];
    const others: BuiltRelease[] = [];
    for (const version of [3, 4, 5]) {
      const other = await buildPythonService({ version, packages });
      others.push(other);
      expect((await deploy(host, other)).result).toMatchObject({ outcome: 'activated' });
      expect(await environments()).toHaveLength(version === 5 ? 1 : 2);
    }
    expect(await environments()).toEqual([
      folderOf(others[0] ?? first)
        .split('/')
        .at(-1),
    ]);
    expect(await shell('ls /opt/fairlead/parts | wc -l')).not.toBe('0');
  });

  it('plan reports each changed, missing and added file of the packages, and changed bytecode', async () => {
    const release = await buildPythonService({ version: 5, packages: ['gunicorn', 'blinker'] });
    await deploy(host, release);
    const folder = `${folderOf(release)}/lib/python3.11/site-packages`;
    const pyc = `/opt/fairlead/releases/${release.digest}/flask/shop/__pycache__/app.cpython-311.pyc`;
    await shell(`
      sed -i s/gunicorn/gunicirn/ ${folder}/gunicorn/app/base.py
      rm ${folder}/blinker/base.py
      echo 'import os' > ${folder}/extra.pth
      chmod 666 ${folder}/gunicorn/util.py
      printf x >> ${pyc}`);
    const differences = await differencesOf(release);
    expect(differences.map((each) => (each as { subject: string }).subject).sort()).toEqual(
      [
        ...['gunicorn/app/base.py', 'blinker/base.py', 'extra.pth', 'gunicorn/util.py'].map(
          (name) => `${folder}/${name}`,
        ),
        pyc,
      ].sort(),
    );
    expect(differences).toContainEqual({
      ...{ subject: `${folder}/extra.pth`, found: 'a file more', expected: 'missing' },
    });
    await shell(`find ${folder}/gunicorn -name '*.py' -exec touch {} +`);
    const many = await differencesOf(release);
    expect(many.length).toBeLessThan(25);
    expect(JSON.stringify(many)).toContain('other files are changed, missing or new');
  });

  it('finishes after kill -9 at any moment of the installation', async () => {
    const release = await buildPythonService({ version: 6, packages: ['gunicorn', 'click'] });
    const archive = await upload(host, release);
    const args = ['prepare', release.digest, '--archive', archive];
    for (let kill = 0; kill < 8; kill += 1) {
      const preparing = runAgent(host, release, args);
      await sleep(500 + kill * 900);
      // The agent alone, whose Python goes on under its lock, or both.
      const python = kill % 2 === 0 ? '' : "; pkill -9 -f '[o]pt/fairlead/venvs'";
      await host.run(['sh', '-c', `pkill -9 -f '[a]gent.mjs'${python}`], { mayFail: true });
      await preparing;
    }
    const last = await until(async () => {
      const report = await deploy(host, release);
      return report.code !== 75 && report;
    });
    expect(last.result).toMatchObject({ outcome: 'activated' });
    expect(await differencesOf(release)).toEqual([]);
  });

  it('reverts a Python service that can not start, with its log', async () => {
    const current = await buildPythonService({ version: 7 });
    await deploy(host, current);
    const before = "raise RuntimeError('no model here')";
    const report = await deploy(host, await buildPythonService({ version: 8, before }));
    expect(report.result).toMatchObject({ outcome: 'reverted', digest: current.digest });
    expect((report.result?.log as string[]).join('\n')).toContain('no model here');
    expect(await shell('curl -sS http://127.0.0.1/python')).toContain('"version": 7');
  });

  it('says which Python a host lacks, with the command that installs it, before anything changes', async () => {
    const bare = await startFleet({ image: 'bare' });
    onTestFinished(() => bare.close());
    const release = await buildPythonService({ version: 1 });
    expect(await deploy(bare.host('h1'), release)).toMatchObject({
      steps: ['verify'],
      error: {
        code: 'ERR_DEPLOY_HOST',
        message:
          "Python 3.11 can't create virtual environments. Run apt-get install python3.11-venv.",
      },
    });
    const next = await buildPythonService({ version: 1, python: '3.13' });
    expect((await deploy(bare.host('h1'), next)).error?.message).toBe(
      'This host has Python 3.11, but the packages of the release are for 3.13. Build the release with python.version "3.11", or run apt-get install python3.13-venv.',
    );
  });
});
