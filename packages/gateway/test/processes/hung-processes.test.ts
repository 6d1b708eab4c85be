import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { gatewayCommand } from '../support/gateway-command.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { readyProcesses } from '../support/process-lines.ts';
import { onnxVersion, sampleRegistry } from '../support/sample-registry.ts';

const PATH = '/v2/models/affine/infer';
const affine = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
/** Blocks the event loop of a process at SIGUSR2, as an endless loop of a faulty custom model does, but without the processor time of one. */
const BLOCKING = `data:text/javascript,if(process.env.FAIRLEAD_PROCESS)process.on('SIGUSR2',()=>{process.stdout.write('blocked\\n');for(;;)Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,1000);})`;

async function startTwo() {
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'));
  const socketPath = join(temporaryFolder(), 'gateway.sock');
  const [node, ...args] = gatewayCommand;
  const gateway = startGatewayProcess(
    {
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
      FAIRLEAD_REGISTRY: registry,
      FAIRLEAD_LISTEN: `unix:${socketPath}`,
      FAIRLEAD_PROCESSES: '2',
    },
    [node, `--import=${BLOCKING}`, ...args],
  );
  await until(() => readyProcesses(gateway).size === 2);
  return { gateway, socketPath };
}

/** A client with one connection that stays open. */
function client(socketPath: string): () => Promise<number | string> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => {
    agent.destroy();
  });
  return () =>
    new Promise((resolve) => {
      const headers = { 'content-type': 'application/json' };
      request({ socketPath, agent, path: PATH, method: 'POST', headers }, (res) => {
        res.resume().on('end', () => {
          resolve(res.statusCode ?? 0);
        });
      })
        .on('error', (error: NodeJS.ErrnoException) => {
          resolve(error.code ?? error.message);
        })
        .end(JSON.stringify(affine));
    });
}

test.each(['SIGSTOP', 'SIGUSR2'] as const)(
  'a process that hangs is killed and started again, and other connections are answered: %s',
  async (signal) => {
    const { gateway, socketPath } = await startTwo();
    // By turns, one in each process.
    const clients = [client(socketPath), client(socketPath)];
    for (const infer of clients) expect(await infer()).toBe(200);
    const [hung = 0] = readyProcesses(gateway).values();
    onTestFinished(() => {
      if (readyProcesses(gateway).get(1) === hung) process.kill(hung, 'SIGKILL');
    });
    process.kill(hung, signal);
    if (signal === 'SIGUSR2') await until(() => gateway.output().includes('blocked'));
    const connected = Promise.all(clients.map((infer) => infer()));
    // The process doesn't confirm those that it gets.
    const fresh = await Promise.all(
      Array.from({ length: 6 }, () => httpCall({ socketPath }, PATH, { body: affine })),
    );
    expect(fresh.map(({ status }) => status)).toEqual(Array<number>(6).fill(200));
    expect((await connected).toSorted()).toEqual([200, 'ECONNRESET']);
    expect(await gateway.logged('process-ended')).toMatchObject({
      level: 'error',
      pid: hung,
      err: { message: expect.stringContaining('its event loop did not answer for 10 s') as string },
    });
    await until(() => readyProcesses(gateway).size === 2);
    expect([...readyProcesses(gateway).values()]).not.toContain(hung);
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  },
);
