import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { SampleError } from './sample-error.ts';

/** An account of this machine, with its primary group. */
export interface Account {
  readonly name: string;
  readonly gid: number;
}

/** Accounts that the packages of Nginx create, on Debian and other systems. */
const PACKAGED = ['www-data', 'nginx'];

/**
 * Finds the account for Nginx's workers when root starts the sample; undefined for other users, whose account Nginx uses.
 *
 * @throws SampleError when root starts it and there is no such account.
 */
export function findNginxAccount(): Account | undefined {
  if (userInfo().uid !== 0) return undefined;
  const accounts = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , , gid = '']) => [name, Number(gid)]),
  );
  for (const name of PACKAGED) {
    const gid = accounts.get(name);
    if (gid !== undefined) return { name, gid };
  }
  throw new SampleError(
    `The sample was started by root, but there is no account for the workers of Nginx, which never run as root (${PACKAGED.join(' or ')}). Create one with "useradd --system www-data", or start the sample as another user.`,
  );
}
