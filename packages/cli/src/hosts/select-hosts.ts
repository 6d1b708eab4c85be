import { CliError } from '../cli-error.ts';
import type { ReachableEnvironment } from './read-hosts.ts';

/** Shortens the address of a host for tables: `ssh://admin@10.0.0.1` is `admin@10.0.0.1`. */
export function hostLabel(url: string): string {
  return url.replace(/^ssh:\/\//, '').replace(/\/$/, '');
}

/**
 * Returns the addresses of the hosts of an environment, or of those that are named by address, label or host name.
 *
 * @throws CliError `ERR_CLI_USAGE` for a name that no host has
 */
export function selectHosts(
  { name, hosts }: Pick<ReachableEnvironment, 'name' | 'hosts'>,
  named: readonly string[] | undefined,
): readonly string[] {
  const urls = hosts.map(({ url }) => url);
  if (named === undefined) return urls;
  const matches = (url: string, text: string): boolean => {
    const label = hostLabel(url);
    const host = label.replace(/^ssm:\/\//, '').replace(/^[^@]*@/, '');
    return [url, label, host, host.replace(/:\d+$/, '')].includes(text);
  };
  const unknown = named.find((text) => !urls.some((url) => matches(url, text)));
  if (unknown !== undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `the environment "${name}" has no host ${JSON.stringify(unknown)}; it has ${urls.map(hostLabel).join(', ')}`,
    );
  }
  return urls.filter((url) => named.some((text) => matches(url, text)));
}
