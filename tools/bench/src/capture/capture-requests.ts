import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { captureFolder, openCapture } from '@fairlead/capture';
import { parquetSink } from '@fairlead/capture/parquet';
import type { Signature } from '@fairlead/signature';

/** Processor time of a captured request, in microseconds. */
export interface CaptureTimes {
  readonly mainUs: number;
  /** Of all threads: conversion to Parquet and garbage collection included. */
  readonly processUs: number;
}

const CAPTURED = 20_000;
const WARM_UP = 5000;
const COLUMNS = 30;
/** Requests in a turn of the event loop. */
const PER_TURN = 32;

const [folder = '', input = 'tensor', shareText = '1'] = process.argv.slice(2);
const share = Number(shareText);
const features = Array.from({ length: COLUMNS }, (_, index) => ({
  ...{ name: `feature_${index}`, sensitive: index === 7 },
}));
const signature: Signature = {
  inputs: [
    {
      ...{ name: 'x', datatype: 'FP32', shape: [-1, COLUMNS] },
      ...(input === 'columns' && { features }),
    },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
};
const root = mkdtempSync(join(folder, 'capture-'));
const recorder = await openCapture({
  spoolFolder: join(root, 'spool'),
  sink: parquetSink({ objects: captureFolder(join(root, 'captures')) }),
  ...{ share, samplingSecret: 'a secret for a benchmark', signatureOf: () => signature },
  // The benchmark doesn't wait for the disk.
  maxBufferBytes: 2 ** 28,
});

type Recorder = Pick<typeof recorder, 'record' | 'flush'>;

/** Makes requests and passes them to a recorder. */
async function send(requests: number, to: Recorder): Promise<void> {
  for (let count = 0; count < requests; count += 1) {
    to.record({
      label: { model: 'm', version: '1' },
      ...{ requestId: randomUUID(), at: Date.now(), durationMs: 1.25 },
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, COLUMNS], data: numbers(COLUMNS) }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: numbers(2) }],
    });
    if (count % PER_TURN === 0) await turn();
  }
  await to.flush();
}

/** Processor time of requests, in microseconds. */
async function timesOf(to: Recorder): Promise<CaptureTimes> {
  const main = process.threadCpuUsage();
  const whole = process.cpuUsage();
  await send(CAPTURED / share, to);
  const sum = ({ user, system }: NodeJS.CpuUsage): number => user + system;
  return {
    mainUs: sum(process.threadCpuUsage(main)),
    processUs: sum(process.cpuUsage(whole)),
  };
}

function numbers(length: number): Float32Array {
  return Float32Array.from({ length }, Math.random);
}

const none: Recorder = { record: () => undefined, flush: () => Promise.resolve() };
try {
  for (const to of [none, recorder]) await send(WARM_UP / share, to);
  const before = recorder.counts.captured;
  const requests = await timesOf(none);
  const recorded = await timesOf(recorder);
  const captured = recorder.counts.captured - before;
  const times: CaptureTimes = {
    mainUs: (recorded.mainUs - requests.mainUs) / captured,
    processUs: (recorded.processUs - requests.processUs) / captured,
  };
  process.stdout.write(JSON.stringify(times));
} finally {
  await recorder.close();
  rmSync(root, { recursive: true, force: true });
}
