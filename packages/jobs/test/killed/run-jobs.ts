import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobRunner, type RunJob } from '@fairlead/jobs';
import { folderJobQueue } from '@fairlead/jobs/folder';
import { openSqsQueue } from '../sqs/open-sqs-queue.ts';

/**
 * Service with jobs, to be killed: writes its port, accepts a number as a job, and doubles it.
 *
 * A job whose number is 666 kills the process each time it runs.
 */
const [kind, place = ''] = process.argv.slice(2);
const queue =
  kind === 'sqs'
    ? await openSqsQueue(JSON.parse(place) as Parameters<typeof openSqsQueue>[0])
    : await folderJobQueue(place, { pollIntervalMs: 20 });

const run: RunJob = async (_order, body) => {
  if (body.includes('666')) process.kill(process.pid, 'SIGKILL');
  // Long enough that kills hit running jobs.
  await sleep(Math.random() * 20);
  const result = Buffer.from(String(2 * Number(String(body))));
  return { response: { status: 200, headers: { 'content-type': 'text/plain' }, body: result } };
};
new JobRunner({ queue, run, concurrency: 2, leaseMs: 1000, maxAttempts: 1000 }).start();

async function accept(body: Buffer, key: string | string[] | undefined): Promise<string> {
  const { request } = await queue.enqueue({
    ...{ path: '/', headers: {}, model: 'm', body },
    ...(typeof key === 'string' && { idempotencyKey: key }),
  });
  return request.id;
}

const server = createServer((req, res) => {
  const body = buffer(req);
  body
    .then((bytes) => accept(bytes, req.headers['idempotency-key']))
    .then(
      (id) => res.writeHead(202, { location: id }).end(),
      () => res.writeHead(500).end(),
    );
}).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
