import type { FleetHost } from '@fairlead/fleet';
import type { RunScript } from '@fairlead/test-support';

/** Exit codes by `timeout` for a program that it ended. */
const TIMED_OUT = [124, 137];

/** Runs a script as root on a host of a fleet, as the agent of Systems Manager does. */
export async function runScriptOnHost(
  host: FleetHost,
  script: string,
  timeoutMs: number,
  env: Readonly<Record<string, string>> = {},
): ReturnType<RunScript> {
  const seconds = String(Math.ceil(timeoutMs / 1_000));
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const argv = ['env', ...variables, 'timeout', '-k', '1', seconds, 'sh', '-c', script];
  const options = { mayFail: true, timeoutMs: timeoutMs + 5_000 };
  const { exitCode, stdout, stderr } = await host.run(argv, options);
  return { code: TIMED_OUT.includes(exitCode) ? undefined : exitCode, stdout, stderr };
}
