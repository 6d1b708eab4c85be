import { chmodSync, chownSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { SampleError } from './sample-error.ts';

/** A socket that outlives the programs which take connections from it, as systemd holds one over a restart. */
export interface HeldSocket {
  /** What a program is given; it is the program that begins to listen. */
  readonly fd: number;
  close(): void;
}

/** What Node's own cluster holds its sockets with: `net.BoundSocket` is for TCP alone. */
const { _createServerHandle: bind } = net as unknown as {
  readonly _createServerHandle: (path: string, port: -1, addressType: -1) => HeldSocket | number;
};

/**
 * Binds a Unix socket; one that a killed process left is replaced. Only this user may connect, and `gid` if it is given.
 *
 * @throws SampleError when it can't be bound.
 */
export function holdSocket(path: string, gid?: number): HeldSocket {
  rmSync(path, { force: true });
  const held = bind(path, -1, -1);
  if (typeof held === 'number') {
    throw new SampleError(`The socket ${path} can't be made: error ${held}.`);
  }
  if (gid !== undefined) chownSync(path, -1, gid);
  chmodSync(path, gid === undefined ? 0o600 : 0o660);
  return held;
}
