import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Random, seedOf } from '../random.ts';
import { checkAnswer, createRequest } from './storage-request.ts';
import { startStorageServers, type StorageCounts, type StorageServer } from './storage-servers.ts';

/** Requests in flight at the same time. */
const CLIENTS = 24;
const DRAIN_MS = 10_000;

/** Numbers of a run. */
export interface StorageTally extends StorageCounts {
  answered: number;
  /** Requests that an execution failed. */
  failed: number;
  /** Clients that left before their answer, while they sent or afterwards. */
  left: number;
  /** Bodies that were too short. */
  rejected: number;
}

/**
 * Sends `count` requests, each by one of many clients to one of several servers that share, move and free storage in all ways, and checks each answer and
 * each record to be that of its input.
 *
 * @throws AssertionError for a wrong answer or record, and for memory of bodies that stays in use
 */
export async function runStorage(count: number, seed: number): Promise<StorageTally> {
  const tally: StorageTally = {
    ...{ answered: 0, failed: 0, left: 0, rejected: 0 },
    ...{ records: 0, recordsWithInputs: 0, shadows: 0, failedExecutions: 0 },
  };
  const problems: unknown[] = [];
  const servers = await startStorageServers(seed, tally, (problem) => problems.push(problem));
  let next = 0;
  const agent = new Agent({ keepAlive: true });
  const runClient = async (): Promise<void> => {
    while (next < count && problems.length === 0) {
      next += 1;
      const random = new Random(seedOf(seed, next));
      await sendOne(random.pick(servers), random, { agent, tally });
    }
  };
  try {
    await Promise.all(Array.from({ length: CLIENTS }, runClient));
    await Promise.all(servers.map(requireFreed));
  } finally {
    agent.destroy();
    await Promise.all(servers.map((server) => server.close()));
  }
  if (problems.length > 0) throw problems[0];
  return tally;
}

interface Sending {
  readonly agent: Agent;
  readonly tally: StorageTally;
}

async function sendOne(
  { name, port, seeds }: StorageServer,
  random: Random,
  { agent, tally }: Sending,
): Promise<void> {
  const { seed, body, headers } = createRequest(1 + random.below(seeds), random);
  const isShort = random.chance(0.03);
  const leaves = random.chance(0.08);
  const isZipped = !leaves && random.chance(0.1);
  const sentBody = isZipped
    ? gzipSync(body, { level: 1 })
    : body.subarray(0, isShort ? -1 : undefined);
  const length = random.chance(0.7) ? { 'content-length': String(sentBody.length) } : {};
  const sent = request({
    ...{ port, agent, path: '/v2/models/m/infer', method: 'POST' },
    headers: { ...headers, ...length, ...(isZipped && { 'content-encoding': 'gzip' }) },
  });
  if (leaves) {
    await leave(sent, sentBody, random);
    tally.left += 1;
    return;
  }
  sent.end(sentBody);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  // A slow client, while other requests are computed.
  if (random.chance(0.05)) await sleep(random.below(20));
  const answer = Buffer.concat((await response.toArray()) as Buffer[]);
  const { statusCode, headers: received } = response;
  if (isShort && !isZipped) {
    assert.equal(statusCode, 400, `${name}: a body that is too short`);
    tally.rejected += 1;
    return;
  }
  if (statusCode === 500) {
    assert.ok(['failures', 'fallback', 'cache'].includes(name), `${name}: ${answer.toString()}`);
    tally.failed += 1;
    return;
  }
  assert.equal(statusCode, 200, `${name}: ${answer.toString().slice(0, 200)}`);
  const jsonBytes = received['inference-header-content-length'];
  const version = String(received['fairlead-version']);
  checkAnswer(seed, version, answer, jsonBytes === undefined ? undefined : Number(jsonBytes));
  tally.answered += 1;
}

/** Closes the connection of a request while its body is sent, or while it is answered. */
async function leave(
  sent: ReturnType<typeof request>,
  body: Buffer,
  random: Random,
): Promise<void> {
  sent.on('error', () => undefined);
  const closed = new Promise((resolve) => sent.once('close', resolve));
  if (random.chance(0.5)) sent.write(body.subarray(0, random.below(body.length)));
  else sent.end(body);
  await sleep(random.below(4));
  sent.destroy();
  await closed;
}

/** Waits until no body takes memory any more. */
async function requireFreed({ name, bodyBytes }: StorageServer): Promise<void> {
  const deadline = performance.now() + DRAIN_MS;
  while (bodyBytes() > 0) {
    assert.ok(performance.now() < deadline, `${name}: ${bodyBytes()} bytes of bodies are in use`);
    await sleep(10);
  }
}
