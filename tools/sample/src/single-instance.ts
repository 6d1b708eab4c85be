import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { SampleError } from './sample-error.ts';

/**
 * Sees to it that one starter at a time uses a state folder.
 *
 * It listens on an abstract socket named after the folder: the kernel gives that to one process, and takes it back
 * whenever and however the process ends.
 *
 * @throws SampleError when another starter has it.
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
