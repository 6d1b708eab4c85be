// Entry of the worker thread that converts one spool file: encoding it would hold the event loop for seconds.
import { parentPort, workerData } from 'node:worker_threads';
import type { SpooledFile } from '../spool/capture-sink.ts';
import { convertSpool } from './convert-spool.ts';

const converted = await convertSpool(workerData as SpooledFile);
const buffers = converted.objects.map(({ body }) => body.buffer);
parentPort?.postMessage(converted, buffers);
