// Entry of the worker thread that converts spool files: encoding one would hold the event loop for seconds.
import { parentPort } from 'node:worker_threads';
import type { SpooledFile } from '../spool/capture-sink.ts';
import { convertSpool } from './convert-spool.ts';
import type { ConvertAnswer } from './convert-thread.ts';
import { yieldToRequests } from './yield-to-requests.ts';

async function answer(file: SpooledFile): Promise<void> {
  let result: ConvertAnswer;
  try {
    result = { converted: await convertSpool(file) };
  } catch (error) {
    result = { error };
  }
  const buffers = 'error' in result ? [] : result.converted.objects.map(({ body }) => body.buffer);
  parentPort?.postMessage(result, buffers);
}

yieldToRequests();
parentPort?.on('message', (file: SpooledFile) => void answer(file));
