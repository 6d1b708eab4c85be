import { once } from 'node:events';
import { createServer } from 'node:net';
import { CliError } from '../../cli-error.ts';
import { errorCodeOf } from '../../exit-code.ts';

const USUAL_PORT = 8080;

/**
 * Chooses the port on 127.0.0.1: the one of the command line, else 8080, else 0 for any free one.
 *
 * @throws CliError `ERR_CLI_USAGE` when the port of the command line can't be listened on
 */
export async function choosePort(port: number | undefined): Promise<number> {
  const problem = await listenOnce(port ?? USUAL_PORT);
  if (problem === undefined) return port ?? USUAL_PORT;
  if (port === undefined) return 0;
  const reason = errorCodeOf(problem) === 'EADDRINUSE' ? 'in use' : `refused (${problem.message})`;
  throw new CliError(
    'ERR_CLI_USAGE',
    `port ${port} of 127.0.0.1 is ${reason}: name another with --port; 0 is any free one`,
  );
}

/** Listens on a port and closes it again; resolves to the error when it can't be listened on. */
export async function listenOnce(port: number): Promise<Error | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    return error as Error;
  }
  server.close();
  await once(server, 'close');
  return undefined;
}
