import { batchSize, remainingBatches, type Batch } from './batches.ts';
import type { HostUpdate } from './host-update.ts';
import { findMembers } from './watch-hosts.ts';

/** Options of {@link memberBatches}. */
export interface MemberBatchesOptions {
  /** All hosts of the fleet. */
  readonly fleet: readonly HostUpdate[];
  /** Hosts at a time, of those that haven't left. */
  readonly batch: Batch;
  /** Returns the hosts that are done: those that have ended since no longer count. */
  readonly done: () => readonly HostUpdate[];
  /** Skips a host if it has left, and returns whether it has. */
  readonly skips: (update: HostUpdate) => Promise<boolean>;
}

/** Divides hosts, in their order, into batches whose size follows the fleet while hosts leave it. */
export function memberBatches(
  hosts: readonly HostUpdate[],
  { fleet, batch, done, skips }: MemberBatchesOptions,
): AsyncGenerator<readonly HostUpdate[]> {
  const size = async (): Promise<number> => {
    await findMembers(done());
    return batchSize(batch, fleet.filter(({ hasLeft }) => !hasLeft).length) ?? 1;
  };
  return remainingBatches(hosts, { skips, size });
}
