import { readFileSync } from 'node:fs';

import type { CommandResult, FleetHost } from '@fairlead/fleet';

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
): Promise<AgentReport> {
  const archive = `/var/tmp/${digest}.tar`;
  return readReport(await host.run(agentCommand(manifest, archive, args), { mayFail: true }));
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
export async function deploy(host: FleetHost, release: BuiltRelease): Promise<AgentReport> {
  const archive = await upload(host, release);
  const prepared = await runAgent(host, release, ['prepare', release.digest, '--archive', archive]);
  if (prepared.code !== 0) return prepared;
  return runAgent(host, release, ['activate', release.digest]);
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
