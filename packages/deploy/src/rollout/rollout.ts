import type { Carrier } from '../carriers/carrier.ts';

/** Host of a rolling update. */
export interface RolloutHost {
  /** The way to the host. */
  readonly carrier: Carrier;
  /** Name of the host at the balancer. @defaultValue the host name of the carrier */
  readonly target?: string | undefined;
}

/**
 * Result of a host:
 *
 * - `activated`, also by a rollback: the release runs, and the balancer sends requests
 * - `unchanged`: the release ran already
 * - `reverted`: the release before runs again
 * - `untouched`: the host's turn didn't come
 * - `left`: the host has left its fleet, such as an instance that its Auto Scaling group ended; it was skipped
 * - `failed`: the message says what state it is in
 */
export interface HostResult {
  readonly host: string;
  readonly outcome: 'activated' | 'unchanged' | 'reverted' | 'untouched' | 'left' | 'failed';
  /** Release that runs there. */
  readonly digest: string | undefined;
  /** Bytes of parts that were sent. */
  readonly sentBytes: number;
  /** Reason of a revert or a failure. */
  readonly message?: string;
  /** Last lines of the services' log, after a failure. */
  readonly log?: readonly string[];
}

/** Part of a rolling update. */
export type RolloutPhase = 'lock' | 'prepare' | 'update' | 'watch' | 'revert';

/** Progress of a rolling update. */
export type RolloutEvent =
  | { readonly type: 'phase'; readonly phase: RolloutPhase }
  | { readonly type: 'step'; readonly host: string; readonly step: string }
  | ({ readonly type: 'host' } & HostResult);

/**
 * Result of a rolling update or a rollback:
 *
 * - `activated`: the release runs on every host that hasn't left the fleet
 * - `unchanged`: it ran on every host already
 * - `reverted`: it failed on a host, and every host runs the release before
 * - `aborted`: stopped by `signal` between two hosts; each host runs one of the two releases, and the next call goes on
 * - `failed`: a host is in another state; its message says in which
 */
export interface Rollout {
  readonly outcome: 'activated' | 'unchanged' | 'reverted' | 'aborted' | 'failed';
  /** Release that the hosts were to have; `undefined` if it wasn't found out. */
  readonly release?: string;
  /** In the order of the options. */
  readonly hosts: readonly HostResult[];
  /** First reason of an outcome other than `activated` and `unchanged`. */
  readonly message?: string;
}

/** Returns `onEvent` without its errors, which must not leave a host in the middle of a change. */
export function withoutErrors(
  onEvent: (event: RolloutEvent) => void = () => undefined,
): (event: RolloutEvent) => void {
  return (event) => {
    try {
      onEvent(event);
    } catch {
      // The progress isn't shown.
    }
  };
}

/** Returns the result of a fleet. */
export function summarize(
  hosts: readonly HostResult[],
  { isAborted, release }: { readonly isAborted: boolean; readonly release?: string | undefined },
): Rollout {
  const members = hosts.filter(({ outcome }) => outcome !== 'left');
  const none = members.length === 0 ? 'Every host has left the fleet' : undefined;
  const message = members.find((host) => host.message !== undefined)?.message ?? none;
  const outcome = outcomeOf(members, isAborted);
  return {
    ...{ outcome, hosts },
    ...(release !== undefined && { release }),
    ...(message !== undefined && { message }),
  };
}

function outcomeOf(hosts: readonly HostResult[], isAborted: boolean): Rollout['outcome'] {
  const outcomes = new Set(hosts.map(({ outcome }) => outcome));
  if (outcomes.size === 0 || outcomes.has('failed')) return 'failed';
  if (outcomes.has('reverted')) return outcomes.has('activated') ? 'failed' : 'reverted';
  if (isAborted || outcomes.has('untouched')) return 'aborted';
  return outcomes.has('activated') ? 'activated' : 'unchanged';
}
