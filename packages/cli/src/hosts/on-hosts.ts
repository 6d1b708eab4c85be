import { count } from '../output/format-values.ts';
import type { Carrier } from '@fairlead/deploy';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { errorCodeOf } from '../exit-code.ts';
import type { ReachableEnvironment } from './read-hosts.ts';
import { selectHosts } from './select-hosts.ts';
import { openCarrier } from './open-carrier.ts';

/** Hosts that are worked on at the same time. */
const PARALLEL = 16;

/** Result of one host. */
export type HostResult<T> =
  | { readonly host: string; readonly value: T }
  | { readonly host: string; readonly error: { readonly code: string; readonly message: string } };

/** Hosts of a command. */
export interface OnHostsOptions {
  readonly chosen: ReachableEnvironment;
  /** Names of hosts; all hosts of the environment without it. */
  readonly only?: readonly string[] | undefined;
  /** Called as soon as a host fails. @defaultValue not called */
  readonly onError?: ((message: string) => void) | undefined;
}

/**
 * Runs `work` for each host, several at the same time; resolves to the results in the order of the configuration. A host that fails
 * doesn't stop the others. Ctrl-C ends the connections.
 *
 * @throws CliError `ERR_CLI_STOPPED` after Ctrl-C
 */
export async function onHosts<T>(
  { io }: CommandContext,
  options: OnHostsOptions,
  work: (carrier: Carrier, url: string) => Promise<T>,
): Promise<readonly HostResult<T>[]> {
  const urls = selectHosts(options.chosen, options.only);
  const stop = io.stopSignal?.();
  const results: HostResult<T>[] = [];
  let next = 0;
  const runNext = async (): Promise<void> => {
    for (;;) {
      const index = next++;
      const host = urls[index];
      if (host === undefined || stop?.aborted === true) return;
      results[index] = await onHost(host, options, stop, work);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, urls.length) }, runNext));
  if (stop?.aborted === true) throw new CliError('ERR_CLI_STOPPED', 'stopped by a signal');
  return results;
}

async function onHost<T>(
  host: string,
  { chosen, onError }: OnHostsOptions,
  stop: AbortSignal | undefined,
  work: (carrier: Carrier, url: string) => Promise<T>,
): Promise<HostResult<T>> {
  let carrier: Carrier | undefined;
  const close = (): void => {
    void carrier?.close();
  };
  stop?.addEventListener('abort', close);
  try {
    carrier = await openCarrier(host, chosen);
    return { host, value: await work(carrier, host) };
  } catch (error) {
    const code = errorCodeOf(error);
    // An error of the command itself isn't one of the host.
    if (code === undefined || code === 'ERR_CLI_USAGE' || !/^ERR_(?:CLI|DEPLOY)_/.test(code)) {
      throw error;
    }
    const { message } = error as Error;
    // The end of a connection that Ctrl-C closed isn't an error.
    if (stop?.aborted !== true) onError?.(message);
    return { host, error: { code, message } };
  } finally {
    stop?.removeEventListener('abort', close);
    if (stop?.aborted !== true) await carrier?.close();
  }
}

/** Value of each host for `--json`: its result, or its error. */
export function hostValues(results: readonly HostResult<object>[]): readonly object[] {
  return results.map((result) =>
    'error' in result ? result : { host: result.host, ...result.value },
  );
}

/**
 * Fails when a host did.
 *
 * @throws CliError `ERR_CLI_HOSTS_FAILED` naming each host with its problem
 */
export function requireAllHosts(results: readonly HostResult<unknown>[]): void {
  const failed = results.flatMap((result) => ('error' in result ? [result] : []));
  if (failed.length === 0) return;
  const problems = failed.map(({ error }) => `\n- ${error.message}`).join('');
  throw new CliError(
    'ERR_CLI_HOSTS_FAILED',
    `${failed.length} of ${count(results.length, 'host')} failed:${problems}`,
  );
}
