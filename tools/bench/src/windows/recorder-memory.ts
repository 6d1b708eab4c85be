import { setTimeout as sleep } from 'node:timers/promises';
import { WindowRecorder } from '@fairlead/windows';
import { syntheticBaseline, syntheticRequest } from './synthetic-model.ts';

const MODELS = 10;
const REQUESTS = 500;

const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('run it with --expose-gc');

/** Memory of everything that can be reached, in MB. */
async function memory(): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    collect?.();
    await sleep(20);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

// The baselines belong to the loaded versions.
const baselines = Array.from({ length: MODELS }, () => syntheticBaseline());
const request = syntheticRequest(20, 1);

/** A recorder that has counted requests of all models. */
function record(): WindowRecorder {
  const recorder = new WindowRecorder({
    store: { add: () => Promise.resolve() },
    baselineOf: ({ model }) => baselines[Number(model)],
    maxValuesAtOnce: 1e9,
    now: () => 0,
  });
  for (let count = 0; count < REQUESTS; count += 1) {
    for (let model = 0; model < MODELS; model += 1) {
      const label = { model: String(model), version: '1' };
      recorder.record({ label, ...request });
      const end = { outcome: 'success', rows: 20, requestDurationMs: count / 10 } as const;
      recorder.inferenceFinished({ ...label, ...end });
    }
  }
  return recorder;
}

// Compiles the code, and computes what baselines keep for counters.
await record().close();
const before = await memory();
const startedAt = performance.now();
const recorder = record();
const seconds = (performance.now() - startedAt) / 1000;
const megabytes = (await memory()) - before;
if (recorder.counts.requests !== MODELS * REQUESTS) throw new Error('requests were not counted');
process.stdout.write(JSON.stringify({ seconds, megabytes }));
await recorder.close();
