import type { ReleaseStore } from '@fairlead/deploy';
import { CliError } from '../cli-error.ts';
import { auditContext, type CommandContext } from '../command-context.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { audited } from './audited.ts';
import { shortDigest } from './format-release.ts';
import { releaseHistory } from './release-history.ts';
import { runStackCommand, type StackRelease } from './run-stack-command.ts';

/** Options of {@link deployStack}. */
export interface DeployStackOptions extends StackRelease {
  readonly chosen: ChosenEnvironment;
  readonly store: ReleaseStore;
  /** Command in the audit log. */
  readonly command: 'deploy' | 'rollback';
  readonly json: boolean;
  /** Options `--actor` and `--reason`. */
  readonly by: { readonly actor?: string | undefined; readonly reason?: string | undefined };
}

/**
 * Deploys a release with the stack of an environment, whose new hosts bring it: stored, recorded in the audit log, and with its result for
 * promotions.
 *
 * @throws CliError as `runStackCommand`; RegistryError when the release can't be stored
 */
export async function deployStack(
  context: CommandContext,
  { chosen, store, command, release, digest, json, by }: DeployStackOptions,
): Promise<void> {
  // New hosts download it.
  await store.add(release);
  const { name, environment } = chosen;
  // A command that fails says nothing of the release: its credentials may have expired.
  await audited(
    context,
    {
      ...{ chosen, store, command, release: digest, by },
      resultOf: (outcome: string) => ({ outcome, release: digest }),
    },
    () => runStackCommand(context, chosen, { release, digest }),
  );
  // With a load balancer's address, it has passed once fairlead check has its answers.
  if (environment.url === undefined) {
    await store.results.add({
      ...{ environment: name, release: digest, outcome: 'passed', hosts: [] },
      actor: auditContext(context, by).actor,
    });
  }
  const result = { type: 'result', outcome: 'activated', release: digest, environment: name };
  context.output.print([
    json ? JSON.stringify(result) : `Release ${shortDigest(digest)} runs in ${name}.`,
  ]);
}

/**
 * Finds the release that the stack of an environment ran before, by its audit log.
 *
 * @throws CliError `ERR_CLI_USAGE` when there is none, or a change since wasn't finished
 */
export async function previousStackRelease(
  { name }: ChosenEnvironment,
  store: ReleaseStore,
): Promise<string> {
  const { releases, unfinished } = releaseHistory(await store.audit.entries({ environment: name }));
  const [current, before] = releases;
  if (before !== undefined && unfinished.length === 0) return before;
  const known = current === undefined ? 'any' : shortDigest(current);
  const problem =
    unfinished.length > 0
      ? `the audit log of ${name} has a change since ${known} that failed or was not finished`
      : `the audit log of ${name} has no release before ${known}`;
  throw new CliError(
    'ERR_CLI_USAGE',
    `${problem}: name the release, fairlead rollback ${name} --to <digest>`,
  );
}
