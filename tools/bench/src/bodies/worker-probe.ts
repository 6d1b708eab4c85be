import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';

// Asks whether the gateway lives, without pause, and reports the longest wait since the last query. In a separate thread:
// making and sending the bodies mustn't count as waiting.

const PAUSE_MS = 2;
const REQUEST = 'GET /v2/health/live HTTP/1.1\r\nHost: bench\r\n\r\n';
const { port } = workerData as { readonly port: number };

let longestMs = 0;
const socket = connect({ port, host: '127.0.0.1', noDelay: true });
parentPort?.on('message', () => {
  parentPort?.postMessage(longestMs);
  longestMs = 0;
});

for (;;) {
  const sentAt = performance.now();
  await new Promise((resolve) => {
    socket.once('data', resolve);
    socket.write(REQUEST);
  });
  longestMs = Math.max(longestMs, performance.now() - sentAt);
  await sleep(PAUSE_MS);
}
