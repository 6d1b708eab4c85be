import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { createInterface } from 'node:readline';

import type { LoadFailure, LoadPlan, LoadRequest, LoadResult } from './load-request.ts';
import { matchesExpected } from './matches-expected.ts';

// Started by `startLoad` in the network of the fleet: reads the plan from the first line of standard input, sends until
// standard input ends, waits for the last answers, and prints the result. The first line of its output says that it sends; every
// further line of input is a count of requests, which is answered once as many were sent.
const MAX_FAILURES = 1_000;
const TICK_MS = 2;

const lines = createInterface(process.stdin);
const [planLine] = (await once(lines, 'line')) as [string];
const plan = JSON.parse(planLine) as LoadPlan;
const { url, rate, requests, timeoutMs = 30_000 } = plan;
// Idle connections end before the balancer ends them, which could meet a request.
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256, timeout: 20_000 });
const prepared = requests.map((load) => ({
  load,
  body: load.body === undefined ? '' : JSON.stringify(load.body),
}));
const latencies: number[] = [];
const failures: LoadFailure[] = [];
const byHost: Record<string, number> = {};
const pending = new Set<Promise<void>>();
const counts: number[] = [];
let [sent, failed] = [0, 0];
lines.on('line', (line) => counts.push(Number(line)));

const start = performance.now();
const timer = setInterval(() => {
  const due = ((performance.now() - start) * rate) / 1_000;
  while (sent < due) {
    const intended = start + (sent * 1_000) / rate;
    const next = prepared[sent % prepared.length];
    if (next === undefined) break;
    sent += 1;
    const answer = send(next.load, next.body, intended);
    pending.add(answer);
    void answer.finally(() => pending.delete(answer));
  }
  while (counts[0] !== undefined && counts[0] <= sent) process.stdout.write(`${counts.shift()}\n`);
}, TICK_MS);
process.stdout.write('sending\n');
await once(lines, 'close');
clearInterval(timer);
await Promise.all(pending);
agent.destroy();

latencies.sort((a, b) => a - b);
const quantile = (q: number): number =>
  latencies[Math.max(0, Math.ceil(latencies.length * q) - 1)] ?? 0;
const result: LoadResult = {
  sent,
  failed,
  failures,
  p50: quantile(0.5),
  p99: quantile(0.99),
  max: quantile(1),
  byHost,
};
process.stdout.write(JSON.stringify(result));

/** Sends one request, and records its latency and its failure; never rejects. */
function send(load: LoadRequest, body: string, intended: number): Promise<void> {
  return new Promise((resolve) => {
    let finished = false;
    const finish = (failure: Omit<LoadFailure, 'at' | 'ms'> | undefined): void => {
      // A connection that breaks in the middle of an answer is reported by both streams.
      if (finished) return;
      finished = true;
      const ms = performance.now() - intended;
      latencies.push(ms);
      if (failure !== undefined) {
        failed += 1;
        const at = new Date(performance.timeOrigin + intended).toISOString();
        if (failures.length < MAX_FAILURES) failures.push({ at, ms, ...failure });
      }
      resolve();
    };
    const type = body === '' ? {} : { 'content-type': 'application/json' };
    const headers = { ...type, ...load.headers };
    const signal = AbortSignal.timeout(timeoutMs);
    const outgoing = httpRequest(
      new URL(load.path, url),
      {
        method: load.method ?? 'POST',
        agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        signal,
      },
      (incoming) => {
        let answer = '';
        incoming.setEncoding('utf8').on('data', (text: string) => (answer += text));
        incoming.once('error', (error) => {
          finish({ error: error.message });
        });
        incoming.once('end', () => {
          const status = incoming.statusCode ?? 0;
          const host = incoming.headers['x-fleet-host']?.toString();
          if (host !== undefined) byHost[host] = (byHost[host] ?? 0) + 1;
          const wrong = findWrong(load, status, answer);
          const seen = { status, body: answer.slice(0, 500), ...(host !== undefined && { host }) };
          finish(wrong === undefined ? undefined : { ...seen, error: wrong });
        });
      },
    );
    outgoing.on('error', (error) => {
      finish({ error: signal.aborted ? `no answer within ${timeoutMs} ms` : error.message });
    });
    outgoing.end(body);
  });
}

function findWrong(load: LoadRequest, status: number, answer: string): string | undefined {
  if (status !== 200) return `status ${status}`;
  if (load.expected === undefined) return undefined;
  try {
    if (matchesExpected(JSON.parse(answer), load.expected)) return undefined;
  } catch {
    return 'the answer is not JSON';
  }
  return 'the answer differs from the expected one';
}
