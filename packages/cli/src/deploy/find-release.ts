import { statSync } from 'node:fs';
import type { ReleaseStore } from '@fairlead/deploy';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { oneLine } from '../output/plain-text.ts';
import { buildFromConfig } from './build-from-config.ts';
import { shortDigest } from './format-release.ts';

/** A release on this machine; its temporary file, if it is one, is removed with `using`. */
export interface FoundRelease extends AsyncDisposable {
  readonly path: string;
}

/** Where a release is found. */
export interface FindReleaseOptions {
  readonly chosen: ChosenEnvironment;
  readonly store: ReleaseStore;
  /** Value of `--release`: a file, or the first digits of a digest. */
  readonly given: string | undefined;
}

/**
 * Finds the release of a deployment: the one that is named, the one that passed last in the environment that releases are promoted from,
 * or a new one.
 *
 * @throws DeployError; CliError `ERR_CLI_USAGE` when no release has passed that environment
 */
export async function findRelease(
  context: CommandContext,
  { chosen, store, given }: FindReleaseOptions,
): Promise<FoundRelease> {
  const { isReleaseDigest } = await import('@fairlead/deploy');
  if (given !== undefined) {
    const isFile = statSync(given, { throwIfNoEntry: false }) !== undefined;
    return !isFile && isReleaseDigest(given) ? store.fetch(given) : localFile(given);
  }
  const { promoteFrom } = chosen.environment;
  if (promoteFrom === undefined) {
    const built = await buildFromConfig(context, chosen);
    context.output.note(`Built release ${shortDigest(built.digest)}: ${oneLine(built.path)}`);
    return localFile(built.path);
  }
  const digest = await store.results.last(promoteFrom);
  if (digest === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${chosen.name} takes releases from ${promoteFrom}, and none has passed there: fairlead deploy ${promoteFrom}`,
    );
  }
  context.output.note(`Release ${shortDigest(digest)} passed last in ${promoteFrom}.`);
  return store.fetch(digest);
}

function localFile(path: string): FoundRelease {
  return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
}
