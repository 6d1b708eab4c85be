import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BuiltRelease } from '@fairlead/deploy';
import { canBootFleet, type Load } from '@fairlead/fleet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SampleFleet, show } from './support/sample-fleet.ts';
import { fairlead } from './support/sample-on-host.ts';

/** Kills of `fairlead deploy`. */
const KILLS = 30;
const HOUR_MS = 3_600_000;

/** Result of `fairlead deploy`. */
interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe.skipIf(!canBootFleet())('fairlead deploy of the whole sample, interrupted', () => {
  let served: SampleFleet;
  let releases: readonly [BuiltRelease, BuiltRelease];
  let load: Load;

  /** Starts `fairlead` in a separate process group. */
  function start(...args: readonly string[]): {
    readonly child: ChildProcess;
    readonly ended: Promise<Ended>;
  } {
    const [program, ...rest] = fairlead(...args, '--yes', '--json');
    const child = spawn(program, rest, {
      cwd: served.sample.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const output = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    const ended = output.then(([stdout, stderr, [code, signal]]) => ({
      ...{ stdout, stderr },
      code: code as Ended['code'],
      signal: signal as Ended['signal'],
    }));
    return { child, ended };
  }
  const deploy = ({ path }: BuiltRelease) =>
    start('deploy', 'production', '--release', path, '--watch', '0s');

  /** Runs a deployment to its end, which has to succeed. */
  async function expectDeployed(release: BuiltRelease): Promise<void> {
    const { code, stdout, stderr } = await deploy(release).ended;
    expect([code, stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
      readonly hosts: readonly { readonly digest: string }[];
    };
    expect(result.hosts.map(({ digest }) => digest)).toEqual(
      served.targets.hosts.map(() => release.digest),
    );
    await served.untilAllServe();
  }

  beforeAll(async () => {
    served = await SampleFleet.start();
    const { sample } = served;
    releases = [await sample.build(), await sample.build({}, { entry: sample.changedEntry() })];
    for (const release of releases) await expectDeployed(release);
    load = await served.startLoad();
  });

  afterAll(async () => {
    await (served as SampleFleet | undefined)?.[Symbol.asyncDispose]();
  });

  it(
    `is finished by the next one after kill -9 at ${KILLS} random moments`,
    async () => {
      let [killed, round] = [0, 0];
      let typicalMs = 15_000;
      const moments: string[] = [];
      while (killed < KILLS) {
        expect(round, 'the updates ended before most of the kills').toBeLessThan(3 * KILLS);
        const release = releases[round % 2] ?? releases[0];
        round += 1;
        const { child, ended } = deploy(release);
        await Promise.race([sleep(Math.random() * typicalMs), ended]);
        child.kill('SIGKILL');
        const { signal, stdout } = await ended;
        if (signal === 'SIGKILL') {
          killed += 1;
          moments.push(stdout.trim().split('\n').at(-1)?.slice(0, 100) ?? '');
        }
        const begin = performance.now();
        await expectDeployed(release);
        typicalMs = Math.max(4_000, performance.now() - begin);
      }
      console.log(`${killed} kills, after:\n${moments.join('\n')}`);
    },
    HOUR_MS,
  );

  it('stops between two hosts at Ctrl-C, and is finished by the next one', async () => {
    const [first, second] = releases;
    await expectDeployed(first);
    const { child, ended } = deploy(second);
    let [progress, isStopped] = ['', false];
    child.stdout?.on('data', (data: Buffer) => {
      progress += data.toString();
      if (isStopped || !progress.includes('"step":"switch"') || child.pid === undefined) return;
      isStopped = true;
      // As a terminal does, to the whole group, and so to ssh too.
      process.kill(-child.pid, 'SIGINT');
    });
    const { code, stderr } = await ended;
    expect(stderr).toContain('stopped: each host runs the release before or the new one');
    expect(code).not.toBe(0);
    await expectDeployed(second);
  });

  it('failed no prediction in all of this', async () => {
    const result = await load.stop();
    console.log(show(result));
    expect(result.failures).toEqual([]);
  });
});
