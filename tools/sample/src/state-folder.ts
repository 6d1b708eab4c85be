import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { maxSocketPathBytes } from '@fairlead/deploy-config';
import type { Account } from './nginx-account.ts';
import { SampleError } from './sample-error.ts';

/** Files and folders of the sample application. */
export interface StateFolder {
  readonly root: string;
  readonly registry: string;
  readonly training: string;
  /** Python originals, exported from the registry. */
  readonly flaskModels: string;
  /** Parity reports of the exports. */
  readonly parity: string;
  /** Rendered files, with their logs and temporary files. */
  readonly host: string;
  readonly logs: string;
  readonly keys: string;
  /** Asynchronous inference jobs. */
  readonly jobs: string;
  /** Records of the gateway that wait to be stored. */
  readonly records: string;
  /** Captured requests. */
  readonly captures: string;
  readonly secrets: string;
  readonly processes: string;
  /** Unix sockets: below `host`, or in the temporary folder if the path would be too long or Nginx has another account. */
  readonly sockets: string;
  /** Temporary files of Nginx: bodies and responses that exceed its buffers. */
  readonly nginxTemp: string;
  /** Working directory of the programs; empty, because relative paths in a model file are resolved in it. */
  readonly work: string;
}

const LONGEST_SOCKET_NAME = '/gateway.sock';

/**
 * Creates the folders of the sample application, accessible only to this user; the one of the sockets also to `nginx`, if given.
 *
 * @throws SampleError when another user owns the folder of the sockets, or may write to it.
 */
export function openStateFolder(root: string, nginx?: Account): StateFolder {
  const host = join(root, 'host');
  const preferred = join(host, 'run');
  const fits = Buffer.byteLength(preferred + LONGEST_SOCKET_NAME) <= maxSocketPathBytes;
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const sockets = fits && nginx === undefined ? preferred : join(tmpdir(), `fairlead-${hash}`);
  const logs = join(host, 'logs');
  const registry = join(root, 'registry');
  for (const folder of [root, host, logs, sockets, registry])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  requireOwn(sockets);
  if (nginx !== undefined) {
    // Nginx may pass through the folder, not list it.
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
    records: join(root, 'records'),
    captures: join(root, 'captures'),
    secrets: join(root, 'secrets.json'),
    processes: join(root, 'processes.json'),
    sockets,
    nginxTemp: nginx === undefined ? join(host, 'tmp') : join(sockets, 'nginx'),
    work,
  };
}

/** Rejects a folder that another user created in the temporary folder, who could replace the sockets. */
function requireOwn(folder: string): void {
  const found = lstatSync(folder);
  const { uid } = userInfo();
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0) return;
  throw new SampleError(
    `${folder}, the folder of the sockets, is writable by other users. Delete it, or set FAIRLEAD_STATE to a folder with a shorter path.`,
  );
}
