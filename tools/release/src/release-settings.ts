import { readFileSync } from 'node:fs';

/** Settings of a release. */
export interface ReleaseSettings {
  /** The repository's public address without a slash at the end; undefined while there is none. */
  readonly repository: string | undefined;
}

/**
 * Reads `settings.json`.
 *
 * @throws Error for an address that isn't one of https, or ends with a slash or `.git`
 */
export function readSettings(file: string): ReleaseSettings {
  const { repository } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly repository?: unknown;
  };
  if (repository === '' || repository === undefined) return { repository: undefined };
  if (
    typeof repository !== 'string' ||
    !/^https:\/\/[^/\s]+\/[^\s?#]*[^/\s?#]$/.test(repository) ||
    repository.endsWith('.git')
  ) {
    throw new Error(
      `${file}: repository is ${JSON.stringify(repository)}; expected an address such as https://github.com/acme/fairlead, or "" for none`,
    );
  }
  return { repository };
}
