import type { HostStatus } from '@fairlead/deploy';
import type { CommandContext } from '../command-context.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { shortDigest } from '../deploy/format-release.ts';
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

/** Formats a warning where new hosts start with a release that no host has, as after a deployment that was killed before it wrote the parameter. */
export function otherRelease(
  newHosts: NewHosts | undefined,
  hosts: readonly Pick<HostStatus, 'current'>[],
): readonly string[] {
  const current = hosts.flatMap((host) => host.current ?? []);
  const [running] = current;
  if (newHosts === undefined || running === undefined) return [];
  const { parameter, release } = newHosts;
  if (release !== undefined && current.includes(release)) return [];
  return [
    '',
    oneLine(
      `New hosts start with ${shown(newHosts)}, by ${parameter}, which no host has: fairlead deploy --release ${shortDigest(running)} writes the release of the hosts there.`,
    ),
  ];
}

function shown({ release }: NewHosts): string {
  return release === undefined ? 'no release' : `release ${shortDigest(release)}`;
}
