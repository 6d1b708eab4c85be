import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  captureMetrics,
  driftMetrics,
  httpMetrics,
  InferenceMetrics,
  JobMetrics,
  KeysFileMetrics,
  metricsHandler,
  modelMemoryMetrics,
  RecordMetrics,
  StalenessMetrics,
  windowMetrics,
} from '../../src/index.ts';

/** Server with every metric of this package on its page `/metrics`. */
export interface ObservedServer {
  /** Host and port. */
  readonly address: string;
  /** Counts one of each event. */
  readonly count: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const numbers = { requests: 0, stored: 0, waiting: 1, lost: { requests: 0, windows: 0 } };
const captured = { seen: 0, captured: 0, waitingBytes: 5, lost: { 'spool-full': 0 } };
const model = { model: 'churn', version: '3' };
const durations = { rows: 2, requestDurationMs: 8, queueDurationMs: 1, computeDurationMs: 5 };

/** Starts a server on a free port of the loopback address. */
export async function startObservedServer(): Promise<ObservedServer> {
  const inference = new InferenceMetrics();
  const { registry } = inference;
  new StalenessMetrics({ registry }).track(model.model);
  new KeysFileMetrics({ registry });
  const jobs = new JobMetrics({
    registry,
    depth: () => Promise.resolve({ queued: 3, running: 1 }),
  });
  windowMetrics({ registry, read: () => numbers, spooled: () => Promise.resolve(2) });
  captureMetrics({ registry, read: () => captured });
  const records = new RecordMetrics({ registry });
  const drifted = [{ name: 'age', role: 'feature' }];
  driftMetrics({
    registry,
    read: () => [{ ...model, to: Date.now(), summary: { drift: 1, ok: 4 }, drifted }],
  });
  modelMemoryMetrics({ registry, read: () => [{ ...model, fileBytes: 10, residentBytes: 20 }] });
  const measure = httpMetrics({ registry, routeGroup: (path) => path.slice(1) });
  const metrics = metricsHandler(registry, { processMetrics: true });
  const server = createServer((req, res) => {
    measure(req, res, () => {
      metrics(req, res);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const end = (event: Parameters<InferenceMetrics['inferenceFinished']>[0]): void => {
    inference.inferenceStarted(model);
    inference.inferenceFinished(event);
  };
  return {
    address,
    async count() {
      for (const cache of ['hit', 'miss'] as const) {
        end({ ...model, ...durations, outcome: 'success', cache });
      }
      for (const reason of ['BACKEND', 'REJECTED', 'CANCELED', 'OTHER'] as const) {
        end({ ...model, ...durations, outcome: 'failure', reason });
      }
      inference.executed({ ...model, batchSize: 2, computeDurationMs: 5 });
      inference.fallbackUsed({ model: 'churn', fallbackModel: 'simple', reason: 'failed' });
      for (const state of ['succeeded', 'failed']) {
        jobs.count({ type: 'job-finished', model: 'churn', state });
      }
      numbers.requests += 1;
      numbers.lost.requests += 1;
      captured.seen += 1;
      captured.lost['spool-full'] += 1;
      records.countLost({ failed: 1, dropped: 1 });
      for (const type of ['webhook-abandoned', 'queue-failed']) jobs.count({ type });
      await (await fetch(`http://${address}/metrics`)).text();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
