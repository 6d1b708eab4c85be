import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

import { COMMAND_ENVIRONMENT } from './run-command.ts';
import type { Fleet } from './start-fleet.ts';

const script = fileURLToPath(new URL('expose-process.ts', import.meta.url));
const ADDRESS = '10.77.0.1';

/** A server of this machine that the hosts of a fleet reach. */
export interface ExposedPort extends AsyncDisposable {
  /** Its URL in the network of the fleet, such as `http://10.77.0.1:5000`. */
  readonly url: string;
  /** Ends it. The end of the fleet ends it too. */
  stop(): Promise<void>;
}

/**
 * Lets the hosts of a fleet reach a port of this machine's loopback interface, such as that of moto, on the same port of `10.77.0.1`, or on another one.
 *
 * @throws Error with the output when the port can't be opened
 */
export async function exposePort(
  { namespaces }: Pick<Fleet, 'namespaces'>,
  port: number,
  as = port,
): Promise<ExposedPort> {
  const socket = `${namespaces.folder}/port-${as}.sock`;
  const relay = createServer((connection) => {
    const target = connect(port, '127.0.0.1');
    connection.pipe(target).pipe(connection);
    connection.on('error', () => target.destroy());
    target.on('error', () => connection.destroy());
  }).listen(socket);
  await once(relay, 'listening');
  const [program, ...args] = namespaces.enter([
    ...[process.execPath, script, socket, ADDRESS, String(as)],
  ]);
  const child = spawn(program, args, {
    env: COMMAND_ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close');
  const ready = await Promise.race([once(child.stdout, 'data').then(() => true), ended]);
  if (ready !== true) {
    relay.close();
    throw new Error(`port ${as} can't be opened in the network of the fleet`);
  }
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
    relay.close();
  };
  return { url: `http://${ADDRESS}:${as}`, stop, [Symbol.asyncDispose]: stop };
}
