import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createInferenceHandler,
  createJobHandler,
  folderJobQueue,
  JobRunner,
  ModelServer,
  replayInference,
  type RunJob,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../../memory-source.ts';
import { openSqsQueue } from '../moto.ts';

/**
 * A service with jobs, to be killed: it writes its port and then waits for its end.
 *
 * A job whose input is 666 kills it from within, each time.
 */
const [kind, place = ''] = process.argv.slice(2);
const queue =
  kind === 'sqs'
    ? await openSqsQueue(JSON.parse(place) as Parameters<typeof openSqsQueue>[0])
    : await folderJobQueue(place, { pollIntervalMs: 20 });

const models = new ModelServer({
  source: new MemorySource([{ signature: affine }]),
  runtimes: { onnx: onnxRuntime() },
});
await models.serve('m');
const replay = replayInference(models);
const run: RunJob = async (order, body, signal) => {
  if (body.includes('666')) process.kill(process.pid, 'SIGKILL');
  // Long enough that kills hit jobs that run.
  await sleep(Math.random() * 20);
  return replay(order, body, signal);
};
new JobRunner({ queue, run, concurrency: 2, leaseMs: 1000, maxAttempts: 1000 }).start();

const jobs = createJobHandler(models, { queue });
const inference = createInferenceHandler(models);
const server = createServer((req, res) => {
  jobs(req, res, () => {
    inference(req, res);
  });
}).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
