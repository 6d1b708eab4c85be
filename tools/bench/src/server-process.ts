import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One side of a comparison, in a separate process. */
export interface ServerProcess {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a server script of this folder and waits for its port. */
export async function startServer(script: string): Promise<ServerProcess> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), {
    execArgv: ['--conditions=@fairlead/source'],
  });
  const exited = once(child, 'exit');
  const [port] = (await Promise.race([
    once(child, 'message'),
    exited.then(() => {
      throw new Error(`${script} ended before it listened`);
    }),
  ])) as [number];
  return {
    port,
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}
