import cluster from 'node:cluster';
import type { MetricsSnapshot } from '@fairlead/monitoring';
import { Calls } from './calls.ts';
import { LeasedCounts } from './leased-counts.ts';
import { ANSWER_TIMEOUT_MS, type ParentCalls, type ProcessCalls } from './messages.ts';
import type { ProcessGroup } from './process-group.ts';

/** The processes of a gateway, for one that they started. */
export interface JoinedProcesses extends ProcessGroup {
  /** Tells the process that started this one that it answers requests. */
  reportReady(): Promise<void>;
  /** Resolves when the process that started this one has ended. */
  readonly orphaned: Promise<void>;
  /** Hands over the last metrics and closes the channel, so that this process can end. */
  leave(): Promise<void>;
}

/** Joins the processes of a gateway, in one that {@link GatewayProcesses} has started. */
export function joinProcesses(
  host: NodeJS.Process,
  numbers: { readonly number: number; readonly count: number },
): JoinedProcesses {
  // Without it, Node ends this process at once when its parent ends, with requests in flight.
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
  let read: () => Promise<MetricsSnapshot> = () => Promise.resolve([]);
  const calls = new Calls<ProcessCalls, ParentCalls>(host, { metrics: () => read() });
  const orphaned = new Promise<void>((resolve) => {
    host.once('disconnect', () => {
      calls.close('The process that started this one has ended.');
      resolve();
    });
  });
  return {
    ...numbers,
    orphaned,
    measure(given) {
      read = given;
    },
    metrics: (names) => calls.call('metrics', names, ANSWER_TIMEOUT_MS),
    metricsPage: async () => calls.call('page', await read(), ANSWER_TIMEOUT_MS),
    rateLimitStore: (limiter) =>
      new LeasedCounts({
        limiter,
        processes: numbers.count,
        take: (request) => calls.call('take', request, ANSWER_TIMEOUT_MS),
      }),
    reportReady: () => calls.call('ready', undefined, ANSWER_TIMEOUT_MS),
    async leave() {
      await calls.call('last', await read(), ANSWER_TIMEOUT_MS).catch(() => undefined);
      if (host.connected) host.disconnect();
    },
  };
}
