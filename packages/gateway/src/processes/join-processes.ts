import { url as debuggerUrl } from 'node:inspector';
import type { Socket } from 'node:net';
import type { ErrorGroup } from '@fairlead/monitoring';
import { Calls } from './calls.ts';
import { HostCounts } from './host-counts.ts';
import {
  ANSWER_TIMEOUT_MS,
  isPassedConnection,
  type ConnectionTaken,
  type ParentCalls,
  type ProcessCalls,
} from './messages.ts';
import { PassedConnections } from './passed-connections.ts';
import type { ProcessGroup, ProcessMetricsSource } from '../process-group/process-group.ts';

/** Time for the parent to listen on all addresses. */
const OPEN_TIMEOUT_MS = 60_000;

/** The processes of a gateway, for one that they started. */
export interface JoinedProcesses extends ProcessGroup {
  /** Reports to the parent process that this one answers requests. */
  reportReady(): Promise<void>;
  /** Resolves when the parent process has ended. */
  readonly orphaned: Promise<void>;
  /** Hands over the last metrics and closes the channel, so that this process can end. */
  leave(): Promise<void>;
}

/** Joins the processes of a gateway, in one that {@link GatewayProcesses} has started. */
export function joinProcesses(host: NodeJS.Process, count: number): JoinedProcesses {
  let own: ProcessMetricsSource = { getMetricsAsJSON: () => Promise.resolve([]) };
  let readErrors: () => readonly ErrorGroup[] = () => [];
  const calls = new Calls<ProcessCalls, ParentCalls>(host, {
    metrics: () => own.getMetricsAsJSON(),
    errors: () => readErrors(),
    ping: () => ({ isDebugged: debuggerUrl() !== undefined }),
  });
  const call = calls.call.bind(calls);
  // Without a listener only the channel keeps this process running, and another module may have unreferenced it.
  host.channel?.ref();
  let connections: PassedConnections | undefined;
  const orphaned = new Promise<void>((resolve) => {
    host.once('disconnect', () => {
      resolve();
      calls.close('The parent process has ended.');
    });
  });
  return {
    orphaned,
    async open({ http, grpc }) {
      const passed = new PassedConnections(http);
      connections = passed;
      host.on('message', (message: unknown, handle: unknown) => {
        if (!isPassedConnection(message) || handle === undefined) return;
        const socket = handle as Socket;
        host.send?.({ taken: message.id } satisfies ConnectionTaken);
        if (message.connection === 'http') passed.take(socket);
        else if (grpc !== undefined) grpc(socket);
        else socket.destroy();
      });
      await call('open', undefined, OPEN_TIMEOUT_MS);
    },
    async endConnections() {
      // Without a parent, no connection comes any more.
      await call('close', undefined, ANSWER_TIMEOUT_MS).catch(() => undefined);
      await connections?.ended();
    },
    measure(metrics, errors) {
      own = metrics;
      readErrors = errors;
    },
    errorGroups: () => call('errors', undefined, ANSWER_TIMEOUT_MS),
    metrics: (names) => call('metrics', names, ANSWER_TIMEOUT_MS),
    metricsPage: async () => call('page', await own.getMetricsAsJSON(), ANSWER_TIMEOUT_MS),
    publish: (batch) => call('publish', batch, ANSWER_TIMEOUT_MS),
    notify: (changes) => call('notify', changes, ANSWER_TIMEOUT_MS),
    counts: new HostCounts(count, (request) => call('take', request, ANSWER_TIMEOUT_MS)),
    async reportReady() {
      // A parent that answers late has the report; one that has ended stops this process in order.
      await call('ready', undefined, ANSWER_TIMEOUT_MS).catch(() => undefined);
    },
    async leave() {
      await call('last', await own.getMetricsAsJSON(), ANSWER_TIMEOUT_MS).catch(() => undefined);
      if (host.connected) host.disconnect();
    },
  };
}
