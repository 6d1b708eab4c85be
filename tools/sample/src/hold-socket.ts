import { chmodSync, chownSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { SampleError } from './sample-error.ts';

/** A bound socket that outlives the programs which accept its connections, as with socket activation of systemd. */
export interface HeldSocket {
  /** File descriptor that a program inherits; the program itself calls listen(2). */
  readonly fd: number;
  close(): void;
}

/** Function with which Node's cluster module binds its sockets; `net.BoundSocket` supports only TCP. */
const { _createServerHandle: bind } = net as unknown as {
  readonly _createServerHandle: (path: string, port: -1, addressType: -1) => HeldSocket | number;
};

/**
 * Binds a Unix socket; one left by a killed process is replaced. Only this user may connect, and the group `gid` if it is given.
 *
 * @throws SampleError when the socket can't be bound.
 */
export function holdSocket(path: string, gid?: number): HeldSocket {
  rmSync(path, { force: true });
  const held = bind(path, -1, -1);
  if (typeof held === 'number') {
    throw new SampleError(`The socket ${path} can't be bound: error ${held}.`);
  }
  if (gid !== undefined) chownSync(path, -1, gid);
  chmodSync(path, gid === undefined ? 0o600 : 0o660);
  return held;
}
