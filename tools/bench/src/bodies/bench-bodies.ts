import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { freePort } from '../servers/free-port.ts';
import { benchModels } from '../servers/models.ts';
import type { Side } from '../servers/side.ts';
import { fairlead } from '../servers/sides.ts';
import { testBodies, type TestBody } from './bodies.ts';

const GOAL_MS = 50;
/** Time limit of a rejection that needs only the headers. */
const REFUSAL_GOAL_MS = 1;
const SETTLE_MS = 100;

/**
 * Measures how long one request blocks the event loop at the default limits: a probe of `/v2/health/live` waits beside each of
 * the bodies, and the processor time of the gateway's main thread is read, which other load doesn't inflate.
 */
export async function benchBodies(
  { folder }: { readonly folder: string },
  print: (line: string) => void,
): Promise<void> {
  const model = benchModels(folder).find(({ name }) => name === 'medium');
  if (model === undefined) throw new Error('The benchmark has no model "medium"');
  const grpcPort = await freePort();
  const settings = {
    FAIRLEAD_PROTOCOLS: 'open-inference,tensorflow-serving,mlflow',
    FAIRLEAD_INVOCATIONS_MODEL: 'm',
    FAIRLEAD_GRPC_LISTEN: `127.0.0.1:${grpcPort}`,
    FAIRLEAD_LOG_LEVEL: 'error',
    BENCH_LOOP_HOLD: '1',
  };
  const side = await fairlead('Fairlead', settings)(model, folder);
  const probe = new Worker(new URL('worker-probe.ts', import.meta.url), {
    workerData: { port: side.port },
  });
  const longestWait = async (): Promise<number> => {
    const answer = once(probe, 'message') as Promise<[number]>;
    probe.postMessage('read');
    return (await answer)[0];
  };
  print('One request at a time, at the limits that ship; a probe of `/v2/health/live` beside it.');
  print('');
  print(
    '| body | bytes | status | loop held, CPU ms | probe’s longest wait ms | main thread CPU ms | total ms |',
  );
  print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  let worstMs = 0;
  let count = 0;
  try {
    for (const each of testBodies()) {
      await sleep(SETTLE_MS);
      await longestWait();
      await longestHold(side);
      const cpuBefore = mainThreadCpuMs(side);
      const sentAt = performance.now();
      const status = await (each.isGrpc === true ? call(grpcPort, side, each) : post(side, each));
      const totalMs = performance.now() - sentAt;
      await sleep(SETTLE_MS);
      const waitMs = await longestWait();
      const cpuMs = mainThreadCpuMs(side) - cpuBefore;
      const holdMs = await longestHold(side);
      worstMs = Math.max(worstMs, holdMs);
      count += 1;
      const cells = [
        each.name,
        each.body.length,
        status,
        holdMs.toFixed(1),
        waitMs.toFixed(1),
        cpuMs.toFixed(1),
        totalMs.toFixed(0),
      ];
      print(`| ${cells.join(' | ')} |`);
    }
    print('');
    const met = worstMs <= GOAL_MS ? 'met' : 'MISSED';
    print(
      `${count} bodies; the loop was held for ${worstMs.toFixed(1)} ms of processor time at most; goal, within ${GOAL_MS} ms: ${met}`,
    );
    print(`resident memory at its peak: ${peakMebibytes(side).toFixed(0)} MiB`);
    await benchRefusals(side, print);
  } finally {
    await probe.terminate();
    await side.stop();
  }
}

/** The most processor time of one turn of the event loop since it was read last. */
function longestHold({ process: child }: Side): Promise<number> {
  return new Promise((resolve) => {
    child.on('message', function read(message: { readonly longestHoldMs?: number } | string) {
      // The gateway sends other messages too.
      if (typeof message === 'string' || message.longestHoldMs === undefined) return;
      child.off('message', read);
      resolve(message.longestHoldMs);
    });
    child.send('read');
  });
}

/** Processor time of requests that are rejected by their heads, with small bodies and with the largest. */
async function benchRefusals(side: Side, print: (line: string) => void): Promise<void> {
  const rounds = 200;
  const path = side.path;
  const bodies = [
    ['small', Buffer.from('{"inputs":[]}')],
    ['16 MiB', Buffer.alloc(16 * 1024 * 1024, ' ')],
  ] as const;
  const kinds = bodies.flatMap(([size, body]): readonly TestBody[] => [
    { name: `401, ${size}`, path, body, isAnonymous: true },
    { name: `404, ${size}`, path: '/v2/models/none/infer', body },
    { name: `415, ${size}`, path, body, headers: { 'content-type': 'text/xml' } },
    { name: `405, ${size}`, path: '/v2/health/live', body },
  ]);
  print('');
  print('| refused with | main thread CPU ms for each |');
  print('| --- | ---: |');
  for (const kind of kinds) {
    const before = mainThreadCpuMs(side);
    for (let round = 0; round < rounds; round++) await post(side, kind);
    const each = (mainThreadCpuMs(side) - before) / rounds;
    print(`| ${kind.name} | ${each.toFixed(3)}${each > REFUSAL_GOAL_MS ? ' MISSED' : ''} |`);
  }
}

/** Processor time of the main thread, in milliseconds; nanoseconds in the file. */
function mainThreadCpuMs({ process: { pid = 0 } }: Side): number {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}

function peakMebibytes({ process: { pid = 0 } }: Side): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

function post(side: Side, { path, body, headers, isAnonymous }: TestBody): Promise<number> {
  return new Promise((resolve) => {
    const sent = request({
      host: '127.0.0.1',
      port: side.port,
      path,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        connection: 'close',
        ...(isAnonymous !== true && side.headers),
        ...headers,
      },
    });
    sent.on('response', (response) => {
      response.resume();
      response.on('close', () => {
        resolve(response.complete ? (response.statusCode ?? 0) : 0);
        // The rest of a rejected body.
        sent.destroy();
      });
    });
    sent.on('error', () => {
      resolve(0);
    });
    sent.end(body);
  });
}

async function call(port: number, side: Side, { path, body, headers }: TestBody): Promise<string> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: side.headers.Authorization ?? '',
      ...headers,
    });
    let status = '';
    const note = (fields: Readonly<Record<string, unknown>>): void => {
      if (fields['grpc-status'] !== undefined) status = `gRPC ${Number(fields['grpc-status'])}`;
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.resume();
    stream.end(body);
    await once(stream, 'close').catch(() => undefined);
    return status;
  } finally {
    session.destroy();
  }
}
