import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { SampleError } from './sample-error.ts';

/**
 * Ensures that only one starter at a time uses a state folder.
 *
 * It listens on an abstract socket named after the folder: the kernel gives that to one process, and frees it when the
 * process ends, even by SIGKILL.
 *
 * @throws SampleError when another starter uses the folder.
 */
export async function claimStateFolder(folder: string): Promise<Server> {
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  server.unref();
  server.listen(`\0fairlead-sample-${hash}`);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new SampleError(
      `The sample application already runs on ${folder}. Stop it (Ctrl-C in its terminal), or start another one with FAIRLEAD_STATE=<another folder>.`,
    );
  }
  return server;
}
