import { Agent } from 'node:http';
import { BoundSocket } from 'node:net';
import { httpCall, temporaryFolder, until } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { gatewayCommand } from './support/gateway-command.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { onnxVersion, sampleRegistry } from './support/sample-registry.ts';

const CLIENTS = 8;

/** Opens a socket that gateways inherit, as from systemd, and sends requests to it without a pause. */
async function start() {
  const registry = temporaryFolder();
  await sampleRegistry(registry, onnxVersion('affine', 'affine'));
  const socket = new BoundSocket({ host: '127.0.0.1' });
  const { port } = socket.address();
  const environment = {
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    FAIRLEAD_REGISTRY: registry,
    FAIRLEAD_LISTEN: 'fd:3',
  };
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const load = new AbortController();
  const wrong: unknown[] = [];
  let answered = 0;
  async function client(number: number): Promise<void> {
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
    }
  }
  onTestFinished(() => {
    load.abort();
    agent.destroy();
    socket.close();
  });
  return {
    wrong,
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

test('a restart under load loses no request: connections wait in the inherited socket', async () => {
  const { wrong, gateway, begin, end, answers } = await start();
  const first = gateway();
  await first.logged('listening');
  const clients = begin();
  await answers(200);
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);
  const second = gateway();
  await answers(200);
  end();
  await Promise.all(clients);
  expect(wrong).toEqual([]);
  second.signal('SIGTERM');
  expect(await second.ended).toBe(0);
});

test('a second gateway may accept from the socket while the first still answers', async () => {
  const { wrong, gateway, begin, end, answers } = await start();
  const first = gateway();
  await first.logged('listening');
  const clients = begin();
  await answers(200);
  const second = gateway();
  await second.logged('listening');
  await answers(200);
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);
  await answers(200);
  end();
  await Promise.all(clients);
  expect(wrong).toEqual([]);
});

test('a gateway that takes over does not listen before its models are loaded, if it is to wait', async () => {
  const { gateway } = await start();
  // Any load takes longer than a millisecond.
  const impatient = gateway({ FAIRLEAD_DEADLINE_MS: '1' });
  await impatient.logged('models loaded');
  const patient = gateway({ FAIRLEAD_DEADLINE_MS: '1', FAIRLEAD_LISTEN_WAIT_MS: '600000' });
  await patient.logged('listening');
  const order = (output: string): readonly string[] =>
    [...output.matchAll(/"msg":"(listening|models loaded)"/g)].map(([, message = '']) => message);
  expect(order(impatient.output())).toEqual(['listening', 'models loaded']);
  expect(order(patient.output())).toEqual(['models loaded', 'listening']);
});
