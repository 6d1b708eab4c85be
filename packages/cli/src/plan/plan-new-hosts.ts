import type { HostStatus } from '@fairlead/deploy';
import type { CommandContext } from '../command-context.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { shortDigest } from '../deploy/format-release.ts';
import { openReleases } from '../deploy/open-releases.ts';
import { releaseHistory, unfinishedCommand } from '../deploy/release-history.ts';
import { readReleaseOf } from '../deploy/release-parameter.ts';
import { oneLine } from '../output/plain-text.ts';

/** Release that new hosts of an environment start with. */
export interface NewHosts {
  /** Name of the parameter of Systems Manager. */
  readonly parameter: string;
  /** Its digest; `undefined` if there is no such parameter. */
  readonly release: string | undefined;
}

/**
 * Reads the release that new hosts start with; `undefined` if the environment has no parameter.
 *
 * @throws CliError `ERR_CLI_USAGE` without the AWS SDK; DeployError `ERR_DEPLOY_RELEASE_PARAMETER`
 */
export async function readNewHosts(chosen: ChosenEnvironment): Promise<NewHosts | undefined> {
  const parameter = chosen.environment.stack?.releaseParameter;
  if (parameter === undefined) return undefined;
  return { parameter, release: await readReleaseOf(chosen) };
}

/** Reads the release that new hosts start with. That it can't be read is a note, which doesn't hide the state of the hosts. */
export async function findNewHosts(
  { output }: CommandContext,
  chosen: ChosenEnvironment,
): Promise<NewHosts | undefined> {
  try {
    return await readNewHosts(chosen);
  } catch (error) {
    output.note(oneLine(`fairlead: ${error instanceof Error ? error.message : String(error)}`));
    return undefined;
  }
}

/** Returns whether new hosts start with another release than this one. */
export function startOther(newHosts: NewHosts | undefined, release: string): boolean {
  return newHosts !== undefined && newHosts.release !== release;
}

/** Formats what a deployment would change for new hosts; nothing without a parameter. */
export function newHostsLines(newHosts: NewHosts | undefined, release: string): readonly string[] {
  if (newHosts === undefined) return [];
  const { parameter } = newHosts;
  const change = startOther(newHosts, release) ? ` → ${shortDigest(release)}` : '';
  return [oneLine(`New hosts start with ${shown(newHosts)}${change}, by ${parameter}`)];
}

/** Hosts whose releases are compared with that of new hosts. */
export interface ComparedHosts {
  /** Hosts of the environment that were read. */
  readonly hosts: readonly Pick<HostStatus, 'current'>[];
  /** True if these are all hosts, so that no other one can have the release of new hosts. */
  readonly isComplete: boolean;
}

/**
 * Formats a warning where new hosts start with a release that no host has, as after a change that was killed before it wrote the
 * parameter, with the command that finishes it: after a rollback, `deploy` would put the release before the others in the audit log.
 */
export async function otherRelease(
  { output }: CommandContext,
  chosen: ChosenEnvironment,
  newHosts: NewHosts | undefined,
  { hosts, isComplete }: ComparedHosts,
): Promise<readonly string[]> {
  if (newHosts === undefined || !isComplete) return [];
  const current = new Set(hosts.map((host) => host.current));
  const { parameter, release } = newHosts;
  if (release !== undefined && current.has(release)) return [];
  const [running] = [...current].filter((each) => each !== undefined);
  if (running === undefined) return [];
  const warning = `New hosts start with ${shown(newHosts)}, by ${parameter}, which no host has`;
  // With several releases, another change has to come first.
  if (current.size > 1) return ['', oneLine(`${warning}.`)];
  const short = shortDigest(running);
  const commands = {
    deploy: `fairlead deploy ${chosen.name} --release ${short}`,
    rollback: `fairlead rollback ${chosen.name} --to ${short}`,
  };
  let finish: string;
  try {
    const { audit } = await openReleases(chosen);
    const history = releaseHistory(await audit.entries({ environment: chosen.name }));
    finish = commands[unfinishedCommand(history, running)];
  } catch (error) {
    output.note(oneLine(`fairlead: ${error instanceof Error ? error.message : String(error)}`));
    finish = `${commands.deploy}, or after a rollback ${commands.rollback},`;
  }
  return ['', oneLine(`${warning}: ${finish} writes the release of the hosts there.`)];
}

function shown({ release }: NewHosts): string {
  return release === undefined ? 'no release' : `release ${shortDigest(release)}`;
}
