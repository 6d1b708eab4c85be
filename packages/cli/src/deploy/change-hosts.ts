import type { Carrier } from '@fairlead/deploy';
import type { CommandContext } from '../command-context.ts';
import { type HostResult, onHosts } from '../hosts/on-hosts.ts';
import type { ReachableEnvironment } from '../hosts/read-hosts.ts';
import { audited } from './audited.ts';
import { openReleases } from './open-releases.ts';

/** Change of hosts that needs no rolling update. */
export interface ChangeHostsOptions {
  readonly chosen: ReachableEnvironment;
  /** Command in the audit log, without the arguments of a program. */
  readonly command: string;
  /** Changes nothing, so that the audit log has no entry. @defaultValue `false` */
  readonly dryRun?: boolean;
  /** Names of hosts; all hosts of the environment without it. */
  readonly only: readonly string[] | undefined;
  /** Options `--actor` and `--reason`. */
  readonly by: { readonly actor?: string | undefined; readonly reason?: string | undefined };
}

/** Changes hosts at the same time, and records the change in the audit log. */
export async function changeHosts<T>(
  context: CommandContext,
  { chosen, command, dryRun = false, only, by }: ChangeHostsOptions,
  work: (carrier: Carrier, url: string) => Promise<T>,
): Promise<readonly HostResult<T>[]> {
  const change = () => onHosts(context, { chosen, only }, work);
  if (dryRun) return change();
  const store = await openReleases(chosen);
  const resultOf = (results: readonly HostResult<T>[]) => ({
    outcome: results.some((result) => 'error' in result) ? 'failed' : 'done',
  });
  return audited(context, { chosen, store, command, by, resultOf }, change);
}
