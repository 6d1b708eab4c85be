import { Agent } from 'node:http';
import { BoundSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { onTestFinished } from 'vitest';
import { gatewayCommand } from './gateway-command.ts';
import { startGatewayProcess } from './gateway-process.ts';
import { onnxVersion, sampleRegistry } from './sample-registry.ts';

const CLIENTS = 8;
/** Pause of a client after each answer: there is always a request, and processor time is left for the processes that start. */
const PAUSE_MS = 10;

/**
 * Opens a socket that gateways inherit, as from systemd, and sends requests of several clients to it: wrong answers and errors are collected.
 * Half of the clients reuse their connections, the others open one for each request.
 */
export async function startInheritedLoad() {
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'));
  const socket = new BoundSocket({ host: '127.0.0.1' });
  const { port } = socket.address();
  const environment = {
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_LISTEN: 'fd:3',
  };
  const reused = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const fresh = new Agent({ keepAlive: false, maxSockets: CLIENTS });
  const load = new AbortController();
  const wrong: unknown[] = [];
  let answered = 0;
  async function client(number: number): Promise<void> {
    const agent = number % 2 === 0 ? reused : fresh;
    for (let count = 0; !load.signal.aborted; count++) {
      const data = [number, count];
      const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data }] };
      try {
        const answer = await httpCall({ port }, '/v2/models/affine/infer', { body, agent });
        const { outputs } = JSON.parse(answer.body) as { outputs?: { data: number[] }[] };
        // affine: y = 2x + 1
        if (outputs?.[0]?.data.join() !== data.map((x) => 2 * x + 1).join()) wrong.push(answer);
      } catch (error) {
        wrong.push(error);
      }
      answered += 1;
      await sleep(PAUSE_MS);
    }
  }
  onTestFinished(() => {
    load.abort();
    reused.destroy();
    fresh.destroy();
    socket.close();
  });
  return {
    wrong,
    answered: () => answered,
    gateway: (more: Readonly<Record<string, string>> = {}) =>
      startGatewayProcess({ ...environment, ...more }, gatewayCommand, [socket.fd()]),
    begin: () => Array.from({ length: CLIENTS }, (_, number) => client(number)),
    end: () => {
      load.abort();
    },
    /** Waits until `count` more requests are answered. */
    answers: (count: number) => {
      const goal = answered + count;
      return until(() => (answered >= goal ? true : undefined));
    },
  };
}
