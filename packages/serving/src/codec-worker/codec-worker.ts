import { parentPort } from 'node:worker_threads';
import { codecFunctions } from './codec-functions.ts';
import type { CodecRequest, CodecResponse } from '../codec/codec-message.ts';
import { packError } from '../codec/packed-error.ts';
import { packValue, unpackValue } from '../codec/packed-value.ts';

// Runs in a separate worker thread: to decode a body of some megabytes takes longer than the event loop may be held.

const port = parentPort;
if (port === null) throw new Error('codec-worker is the entry of a worker thread');

port.on('message', ({ name, args }: CodecRequest) => {
  const call = codecFunctions[name] as (...args: readonly unknown[]) => unknown;
  try {
    const { value, transfer } = packValue(call(...(unpackValue(args) as unknown[])), false);
    port.postMessage({ value } satisfies CodecResponse, transfer);
  } catch (error) {
    port.postMessage({ error: packError(error) } satisfies CodecResponse);
  }
});
