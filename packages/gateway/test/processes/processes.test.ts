import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { createGateway, readSettings } from '@fairlead/gateway';
import { freePort, httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.ts';
import { grpcClient } from '../support/grpc-client.ts';
import { processLines, readyProcesses } from '../support/process-lines.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';
import { sendSlow, slowBody } from '../support/slow-requests.ts';

const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
const SUCCESSES = /^nv_inference_request_success\{model="affine",version="1"\} (\d+)$/m;

/** A gateway of two processes, once both answer. */
async function startTwo(
  environment: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess & { readonly socketPath: string }> {
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'), onnxVersion('slow', 'slow'));
  const socketPath = join(temporaryFolder(), 'gateway.sock');
  const gateway = startGatewayProcess({
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
    FAIRLEAD_PROCESSES: '2',
    ...environment,
  });
  await until(() => readyProcesses(gateway).size === 2);
  return { ...gateway, output: () => gateway.output(), socketPath };
}

async function infer(socketPath: string): Promise<number> {
  const { status } = await httpCall({ socketPath }, '/v2/models/affine/infer', { body: affine });
  return status;
}

/** Successful inferences, of all processes. */
async function counted(socketPath: string): Promise<number> {
  const { body } = await httpCall({ socketPath }, '/metrics');
  return Number(SUCCESSES.exec(body)?.[1] ?? 0);
}

describe('several processes', () => {
  test('answer by turns, with one page of metrics that no killed or restarted process decreases', async () => {
    const gateway = await startTwo();
    const { socketPath } = gateway;
    for (let request = 0; request < 20; request += 1) expect(await infer(socketPath)).toBe(200);
    for (let scrape = 0; scrape < 4; scrape += 1) expect(await counted(socketPath)).toBe(20);

    const [killed = 0] = [...readyProcesses(gateway).values()];
    process.kill(killed, 'SIGKILL');
    // The other one answers, and what the killed one counted stays.
    await until(() => processLines(gateway).some(({ msg }) => msg === 'process-ended'));
    for (let request = 0; request < 20; request += 1) expect(await infer(socketPath)).toBe(200);
    expect(await counted(socketPath)).toBe(40);
    await until(() => readyProcesses(gateway).size === 2);
    expect([...readyProcesses(gateway).values()]).not.toContain(killed);
    expect(await counted(socketPath)).toBe(40);

    const before = [...readyProcesses(gateway).values()];
    gateway.signal('SIGHUP');
    const statuses = new Set<number>();
    let sent = 0;
    await until(async () => {
      statuses.add(await infer(socketPath));
      sent += 1;
      return [...readyProcesses(gateway).values()].every((pid) => !before.includes(pid));
    });
    expect([...statuses]).toEqual([200]);
    expect(await counted(socketPath)).toBe(40 + sent);

    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });

  test('show their memory together on the first page, which only one of them answers', async () => {
    const gateway = await startTwo();
    const { body } = await httpCall({ socketPath: gateway.socketPath }, '/metrics');
    const shown = Number(/^process_resident_memory_bytes (\S+)$/m.exec(body)?.[1] ?? 0);
    const used = [...readyProcesses(gateway).values()].map((pid) => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1024;
    });
    expect(used).toHaveLength(2);
    expect(shown / used.reduce((sum, bytes) => sum + bytes)).toBeGreaterThan(0.8);
  });

  test('allow as many requests together as the limit says', async () => {
    const { socketPath } = await startTwo({ FAIRLEAD_RATE_LIMIT: '50' });
    const statuses = await Promise.all(Array.from({ length: 80 }, () => infer(socketPath)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(50);
    expect(statuses.filter((status) => status === 429)).toHaveLength(30);
  });

  test('answer requests in flight at SIGTERM, and end with 0', async () => {
    const gateway = await startTwo();
    const { socketPath } = gateway;
    const { answers } = await sendSlow(
      { socketPath },
      (times) => httpCall({ socketPath }, '/v2/models/slow/infer', { body: slowBody(times) }),
      4,
    );
    gateway.signal('SIGTERM');
    for (const { status } of await answers) expect(status).toBe(200);
    expect(await gateway.ended).toBe(0);
  });

  test('answer gRPC as well, and calls in flight while they restart', async () => {
    const grpcSocket = join(temporaryFolder(), 'grpc.sock');
    const gateway = await startTwo({ FAIRLEAD_GRPC_LISTEN: `unix:${grpcSocket}` });
    const before = [...readyProcesses(gateway).values()];
    const { answers } = await sendSlow(
      { socketPath: gateway.socketPath },
      (times) => {
        const contents = { int64Contents: [times] };
        const inputs = [{ name: 'times', datatype: 'INT64', shape: [1], contents }];
        // Each with its own connection, so that both processes get some.
        return grpcClient(`unix:${grpcSocket}`)('ModelInfer', { modelName: 'slow', inputs });
      },
      4,
    );
    gateway.signal('SIGHUP');
    for (const answer of await answers) expect(answer).toMatchObject({ modelName: 'slow' });
    await until(() => [...readyProcesses(gateway).values()].every((pid) => !before.includes(pid)));
    const send = grpcClient(`unix:${grpcSocket}`);
    expect(await send('ServerReady', {})).toEqual({ ready: true });
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });

  test('end in order when the process that started them is killed', async () => {
    const gateway = await startTwo();
    const pids = [...readyProcesses(gateway).values()];
    gateway.signal('SIGKILL');
    expect(await gateway.ended).toBe('SIGKILL');
    await until(() => pids.every((pid) => !isRunning(pid)));
    expect(gateway.output().match(/"clean":true,"msg":"stopped"/g)).toHaveLength(2);
  });

  test('answer the requests of open connections after the process that counts for their rate limit was killed', async () => {
    const gateway = await startTwo({ FAIRLEAD_RATE_LIMIT: '100', FAIRLEAD_NOT_READY_MS: '3000' });
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => {
      agent.destroy();
    });
    // Each of them opens a connection, and the next ones use these.
    const sendAll = () =>
      Promise.all(
        Array.from({ length: 20 }, async () => {
          const headers = { 'content-type': 'application/json' };
          const path = '/v2/models/affine/infer';
          const { socketPath } = gateway;
          const sent = request({ socketPath, agent, path, method: 'POST', headers });
          sent.end(JSON.stringify(affine));
          const [response] = (await once(sent, 'response')) as [IncomingMessage];
          await response.resume().toArray();
          return [response.statusCode, sent.reusedSocket];
        }),
      );
    const first = await sendAll();
    expect(first.every(([status]) => status === 200)).toBe(true);
    const pids = [...readyProcesses(gateway).values()];
    gateway.signal('SIGKILL');
    await until(() => !isRunning(gateway.pid));
    expect(await sendAll()).toEqual(Array.from({ length: 20 }, () => [200, true]));
    await until(() => pids.every((pid) => !isRunning(pid)));
  });

  test('are rejected where one process would run alone', async () => {
    const alone = { FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1', FAIRLEAD_LISTEN: '127.0.0.1:0' };
    const settings = readSettings({ ...alone, FAIRLEAD_PROCESSES: '2' });
    await expect(createGateway(settings, { log: { write: () => undefined } })).rejects.toThrow(
      'FAIRLEAD_PROCESSES is 2, but createGateway runs in one process',
    );
    const byHand = startGatewayProcess({
      ...alone,
      FAIRLEAD_PROCESSES: '2',
      FAIRLEAD_PROCESS: '1',
    });
    expect(await byHand.ended).toBe(1);
    expect(byHand.output()).toContain('no gateway has started this process');
  });

  test('end with 0 when they are stopped before they have started', async () => {
    const gateway = startGatewayProcess({
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
      FAIRLEAD_REGISTRY: temporaryFolder(),
      FAIRLEAD_LISTEN: '127.0.0.1:0',
      FAIRLEAD_PROCESSES: '2',
    });
    await gateway.logged('process-started');
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });

  test('restart one by one although SIGHUP comes twice', async () => {
    const gateway = await startTwo();
    const before = [...readyProcesses(gateway).values()];
    gateway.signal('SIGHUP');
    gateway.signal('SIGHUP');
    let answered = 0;
    await until(async () => {
      expect(await infer(gateway.socketPath)).toBe(200);
      answered += 1;
      return [...readyProcesses(gateway).values()].every((pid) => !before.includes(pid));
    });
    expect(answered).toBeGreaterThan(10);
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });

  test('end with 1 and the reason when one can not start', async () => {
    const gateway = startGatewayProcess({
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
      FAIRLEAD_REGISTRY: join(temporaryFolder(), 'missing'),
      FAIRLEAD_LISTEN: `127.0.0.1:${await freePort()}`,
      FAIRLEAD_PROCESSES: '2',
    });
    expect(await gateway.ended).toBe(1);
    expect(gateway.output()).toContain("FAIRLEAD_REGISTRY can't be used: cannot open");
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
