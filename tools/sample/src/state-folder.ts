import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { maxSocketPathBytes } from '@fairlead/deploy-config';
import type { Account } from './nginx-account.ts';
import { SampleError } from './sample-error.ts';

/** Where the sample application keeps what. */
export interface StateFolder {
  readonly root: string;
  readonly registry: string;
  readonly training: string;
  /** The Python originals, taken from the registry. */
  readonly flaskModels: string;
  /** Pages about how far the exports are from their originals. */
  readonly parity: string;
  /** The rendered files, with their logs and temporary files. */
  readonly host: string;
  readonly logs: string;
  readonly keys: string;
  /** Inference that is to be answered later. */
  readonly jobs: string;
  readonly secrets: string;
  readonly processes: string;
  /** Unix sockets: near the rest, or in the temporary folder where that would be too long a path, or where Nginx has another account. */
  readonly sockets: string;
  /** Where Nginx keeps bodies and answers that are too large for its memory. */
  readonly nginxTemp: string;
  /** In which the programs run; empty, for what a file of a model names is looked for in it. */
  readonly work: string;
}

const LONGEST_SOCKET_NAME = '/gateway.sock';

/**
 * Makes the folders of the sample application, for this user alone; that of the sockets for `nginx` too, if it is given.
 *
 * @throws SampleError when somebody else made the folder of the sockets before.
 */
export function openStateFolder(root: string, nginx?: Account): StateFolder {
  const host = join(root, 'host');
  const near = join(host, 'run');
  const fits = Buffer.byteLength(near + LONGEST_SOCKET_NAME) <= maxSocketPathBytes;
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const sockets = fits && nginx === undefined ? near : join(tmpdir(), `fairlead-${hash}`);
  const logs = join(host, 'logs');
  const registry = join(root, 'registry');
  for (const folder of [root, host, logs, sockets, registry])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  requireOwn(sockets);
  if (nginx !== undefined) {
    // To pass through it, not to see what is in it.
    chownSync(sockets, -1, nginx.gid);
    chmodSync(sockets, 0o710);
  }
  const work = join(root, 'work');
  mkdirSync(work, { recursive: true, mode: 0o500 });
  return {
    root,
    registry,
    training: join(root, 'training'),
    flaskModels: join(root, 'flask-models'),
    parity: join(root, 'parity'),
    host,
    logs,
    keys: join(root, 'keys.json'),
    jobs: join(root, 'jobs'),
    secrets: join(root, 'secrets.json'),
    processes: join(root, 'processes.json'),
    sockets,
    nginxTemp: nginx === undefined ? join(host, 'tmp') : join(sockets, 'nginx'),
    work,
  };
}

/** In the temporary folder anybody can make one first; whoever owns it could put other sockets into it. */
function requireOwn(folder: string): void {
  const found = lstatSync(folder);
  const { uid } = userInfo();
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0) return;
  throw new SampleError(
    `${folder}, the folder of the sockets, isn't one that only you can write to. Delete it, or name a folder with a shorter path in FAIRLEAD_STATE.`,
  );
}
