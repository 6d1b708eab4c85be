import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import type { CommandResult, FleetHost } from '@fairlead/fleet';
import { until } from '@fairlead/test-support';

import { agentCommand } from '../../src/agent/agent-command.ts';
import type { BuiltRelease } from '../../src/index.ts';

/** Last line of an agent, and the steps before it. */
export interface AgentReport {
  readonly code: number;
  readonly steps: readonly string[];
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Copies the archive of a release to a host. */
export async function upload(host: FleetHost, release: BuiltRelease): Promise<string> {
  const path = `/var/tmp/${release.digest}.tar`;
  await host.writeFile(path, readFileSync(release.path), 0o600);
  return path;
}

/** Runs the agent of a release on a host, and reads its report. */
export async function runAgent(
  host: FleetHost,
  { manifest, digest }: BuiltRelease,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<AgentReport> {
  const archive = `/var/tmp/${digest}.tar`;
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const command = ['env', ...variables, ...agentCommand(manifest, archive, args)];
  return readReport(await host.run(command, { mayFail: true }));
}

function readReport({ exitCode, stdout, stderr }: CommandResult): AgentReport {
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Omit<AgentReport, 'code' | 'steps'> & { step?: string });
  const last = lines.find(({ step }) => step === undefined);
  const error = stderr === '' ? last?.error : (last?.error ?? { code: '', message: stderr });
  return {
    code: exitCode,
    steps: lines.flatMap(({ step }) => step ?? []),
    ...(last?.result && { result: last.result }),
    ...(error && { error }),
  };
}

/** Copies a release to a host, prepares and activates it. */
export async function deploy(
  host: FleetHost,
  release: BuiltRelease,
  environment?: Readonly<Record<string, string>>,
): Promise<AgentReport> {
  const archive = await upload(host, release);
  const args = ['prepare', release.digest, '--archive', archive];
  const prepared = await runAgent(host, release, args, environment);
  if (prepared.code !== 0) return prepared;
  return runAgent(host, release, ['activate', release.digest], environment);
}

/** Requests a prediction of the service through Nginx, on the host. */
export async function askService(host: FleetHost): Promise<unknown> {
  const { stdout } = await host.run(
    ['curl', '-sS', '-m', '10', '-d', '{}', 'http://127.0.0.1/v2/models/m/infer'],
    { mayFail: true },
  );
  try {
    return JSON.parse(stdout);
  } catch {
    return stdout;
  }
}

/**
 * Activates two releases in turn, kills each agent at a random moment, and lets the next one finish.
 *
 * @throws AssertionError when a host doesn't serve one of the two after a kill, or the next agent doesn't finish
 */
export async function killAgents(
  host: FleetHost,
  releases: readonly [BuiltRelease, BuiltRelease],
  kills: number,
): Promise<void> {
  for (const release of releases) await deploy(host, release);
  let killed = 0;
  for (let round = 0; killed < kills; round += 1) {
    assert.ok(round < 4 * kills, 'the agent ended before most of the kills');
    const release = releases[round % 2] ?? releases[0];
    const working = runAgent(host, release, ['activate', release.digest]);
    await sleep(Math.random() * 1_500);
    const { exitCode } = await host.run(['pkill', '-9', '-f', '[a]gent.mjs'], { mayFail: true });
    const { result } = await working;
    // It had finished before.
    if (exitCode === 0 && result === undefined) killed += 1;
    assert.equal(typeof (await until(() => askReady(host))), 'object');
    const next = await runAgent(host, release, ['activate', release.digest]);
    assert.ok(
      ['activated', 'unchanged'].includes(String(next.result?.outcome)),
      JSON.stringify(next),
    );
    const status = await runAgent(host, release, ['status']);
    assert.equal(status.result?.current, release.digest);
    assert.equal(status.result.pending, undefined);
  }
}

async function askReady(host: FleetHost): Promise<object | undefined> {
  const answer = await askService(host);
  return typeof answer === 'object' && answer !== null ? answer : undefined;
}
