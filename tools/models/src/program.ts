import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_TIMEOUT_MS = 600_000;
const node = (file: string): readonly string[] => ['--conditions=@fairlead/source', file];

/** Runs the `fairlead` command; gives what it says on standard error when it fails. */
export function fairlead(
  root: string,
  registry: string,
  args: readonly string[],
): string | undefined {
  const command = [...node(join(root, 'packages/cli/src/bin.ts')), ...args];
  const { status, stderr } = spawnSync(process.execPath, command, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, FAIRLEAD_REGISTRY: registry, FAIRLEAD_ACTOR: 'test:models' },
  });
  return status === 0 ? undefined : stderr;
}

/** Starts the gateway, and waits until it has tried to load every model. */
export async function startGateway(
  root: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly stop: () => Promise<void>; readonly output: () => string }> {
  const command = [process.execPath, ...node(join(root, 'apps/gateway/src/main.ts'))];
  // It is stopped when this process dies, however that happens.
  const child: ChildProcess = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...command], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!output.includes('models loaded')) {
    if (child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`the gateway didn't start:\n${output}`);
    }
    await sleep(50);
  }
  return {
    output: () => output,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
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
