import type { CommandContext } from '../command-context.ts';
import { oneLine } from '../output/plain-text.ts';
import { type HostResult, hostValues, requireAllHosts } from './on-hosts.ts';
import { hostLabel } from './select-hosts.ts';

/** Results of hosts, and how they are shown. */
export interface PresentedHosts<T extends object> {
  /** Members of the JSON document beside the hosts. */
  readonly value: object;
  /** Lines above those of the hosts. @defaultValue none */
  readonly summary?: readonly string[];
  readonly results: readonly HostResult<T>[];
  /** Returns the lines of a host. */
  readonly format: (value: T) => readonly string[];
}

/**
 * Prints the results of hosts, each below its name, which is left out for a single host; then fails when a host did.
 *
 * @throws CliError `ERR_CLI_HOSTS_FAILED` naming each host with its problem
 */
export function presentHosts<T extends object>(
  { output }: CommandContext,
  options: { readonly json?: true | undefined },
  { value, summary = [], results, format }: PresentedHosts<T>,
): void {
  output.present(options, { ...value, hosts: hostValues(results) }, () => [
    ...summary,
    ...results.flatMap((result) => {
      const lines = 'error' in result ? [oneLine(result.error.message)] : format(result.value);
      if (results.length === 1) return lines;
      return [`${hostLabel(result.host)}:`, ...lines.map((line) => `  ${line}`)];
    }),
  ]);
  requireAllHosts(results);
}
