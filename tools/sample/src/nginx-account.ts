import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { SampleError } from './sample-error.ts';

/** An account of this machine, with the group of the same name. */
export interface Account {
  readonly name: string;
  readonly gid: number;
}

/** Accounts that packages of Nginx bring along, on Debian and elsewhere. */
const USUAL = ['www-data', 'nginx'];

/**
 * The account for Nginx's workers where root starts the sample; undefined for other users, whose own account it is.
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
  for (const name of USUAL) {
    const gid = accounts.get(name);
    if (gid !== undefined) return { name, gid };
  }
  throw new SampleError(
    `Root starts the sample, but no account is there for the workers of Nginx, which never run as root (${USUAL.join(' or ')}). Make one with "useradd --system www-data", or start the sample as another user.`,
  );
}
