import { Agent, request } from 'node:http';
import { percentile } from '../percentile.ts';
import { startServer } from '../server-process.ts';
import { slowRequest } from './slow-model.ts';

const CONNECTIONS = 16;
const SECONDS = 8;
const PROBE_EVERY_MS = 10;

/** Results of one side. */
interface Liveness {
  readonly probes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly inferences: number;
}

/**
 * Measures the latency of a liveness probe while a slow model runs at saturation: ours, whose event loop is free, against the
 * naive server, whose loop the model blocks.
 */
export async function benchLiveness(print: (line: string) => void): Promise<void> {
  print(
    `Liveness under saturation: ${CONNECTIONS} connections ask a model of some 50 ms without pause for ${SECONDS} s,`,
  );
  print(
    `while GET /v2/health/live is requested every ${PROBE_EVERY_MS} ms on a separate connection.`,
  );
  const ours = await measure('./liveness/server-fairlead.ts');
  const naive = await measure('./liveness/server-naive.ts');
  print('');
  print('| side | probes | p50 ms | p99 ms | max ms | inferences |');
  print('| --- | ---: | ---: | ---: | ---: | ---: |');
  for (const [name, result] of [
    ['Fairlead', ours],
    ['naive Express', naive],
  ] as const) {
    const { probes, p50Ms, p99Ms, maxMs, inferences } = result;
    print(
      `| ${name} | ${probes} | ${p50Ms.toFixed(2)} | ${p99Ms.toFixed(2)} | ${maxMs.toFixed(2)} | ${inferences} |`,
    );
  }
  print('');
  print(`p99 ratio naive / Fairlead: ${(naive.p99Ms / ours.p99Ms).toFixed(0)}`);
  print(`goal, p99 within 50 ms: ${ours.p99Ms <= 50 ? 'met' : 'MISSED'}`);
}

async function measure(script: string): Promise<Liveness> {
  const server = await startServer(script);
  const agent = new Agent({ keepAlive: true });
  const until = performance.now() + SECONDS * 1000;
  let inferences = 0;
  const load = Array.from({ length: CONNECTIONS }, async () => {
    while (performance.now() < until) {
      await call(server.port, agent, '/v2/models/slow/infer', slowRequest);
      inferences += 1;
    }
  });
  const latencies: number[] = [];
  const probing: Promise<void>[] = [];
  const prober = setInterval(() => {
    const sentAt = performance.now();
    const probe = call(server.port, agent, '/v2/health/live').then(() => {
      latencies.push(performance.now() - sentAt);
    });
    probing.push(probe);
  }, PROBE_EVERY_MS);
  await Promise.all(load);
  clearInterval(prober);
  await Promise.all(probing);
  agent.destroy();
  await server.stop();
  return {
    probes: latencies.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: Math.max(...latencies),
    inferences,
  };
}

function call(port: number, agent: Agent, path: string, body?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request({ host: '127.0.0.1', port, agent, path, method, headers }, (response) => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${path} answered ${response.statusCode ?? 0}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
