import { createServer, type ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';

// (d) The limit: node:http, JSON.parse, one worker thread and micro-batches of at most 32, without a single check.
const [port = '', file = '', width = ''] = process.argv.slice(2);
const columns = Number(width);
const worker = new Worker(new URL('./worker-bare.ts', import.meta.url), {
  workerData: { file, shape: process.argv.slice(5).map(Number) },
});
const waiting: { readonly data: number[]; readonly res: ServerResponse }[] = [];
let members: typeof waiting = [];

function dispatch(): void {
  if (members.length > 0 || waiting.length === 0) return;
  members = waiting.splice(0, 32);
  const batch = new Float32Array(members.length * columns);
  members.forEach(({ data }, row) => {
    batch.set(data, row * columns);
  });
  worker.postMessage(batch, [batch.buffer]);
}

worker.on('message', (outputs: Float32Array) => {
  const answered = members;
  members = [];
  const each = outputs.length / answered.length;
  answered.forEach(({ res }, row) => {
    const data = outputs.subarray(row * each, (row + 1) * each);
    res.end(`{"outputs":[{"name":"y","data":[${data.join(',')}]}]}`);
  });
  dispatch();
});

createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const { inputs } = JSON.parse(Buffer.concat(chunks).toString()) as {
      inputs: [{ data: number[] }];
    };
    waiting.push({ data: inputs[0].data, res });
    dispatch();
  });
}).listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
