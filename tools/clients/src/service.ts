import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const START_TIMEOUT_MS = 180_000;

/** A program of this repository that runs until it is stopped. */
export class Service {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = '';

  /** Starts a TypeScript file with these variables, and none of the caller's own settings. */
  constructor(file: string, environment: Readonly<Record<string, string>>) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('FAIRLEAD_'));
    const command = [process.execPath, '--conditions=@fairlead/source', file];
    // It is stopped when this process dies, however that happens.
    this.#process = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...command], {
      env: { ...Object.fromEntries(inherited), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.#output += chunk));
    }
    this.#ended = once(this.#process, 'close');
  }

  /** Waits until it says something; fails with what it said when it ends before. */
  async says(text: string): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!this.#output.includes(text)) {
      const { exitCode, signalCode } = this.#process;
      if (exitCode !== null || signalCode !== null || performance.now() > deadline) {
        throw new Error(`It didn't say "${text}":\n${this.#output}`);
      }
      await sleep(50);
    }
  }

  /** Asks it to end, and waits. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#ended;
  }
}

/** A TCP port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
