import { Readable } from 'node:stream';

import { checkOptions, invalidOption } from '../check-options.ts';
import { DeployError } from '../deploy-error.ts';
import type { Carrier } from './carrier.ts';

/** Options of {@link sendSecret}. */
export interface SendSecretOptions {
  /** Absolute path of the file on the host; its folder is created if it is missing. */
  readonly path: string;
  /** Value; it is sent by standard input, and is in no argument. */
  readonly value: string | Uint8Array;
}

/** Writes the standard input into the file `$1` at once, for root only; services read other files of its folder. */
const SCRIPT = `set -eu
umask 022
mkdir -p "$(dirname "$1")"
umask 077
trap 'rm -f "$1.new"' EXIT
rm -f "$1.new"
cat >"$1.new"
sync "$1.new"
mv -T "$1.new" "$1"
`;

/**
 * Writes a secret into a file of a host, owned by root and readable by no other account: the source `{ file }` of a deployment's
 * secrets.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, or `ERR_DEPLOY_HOST` when the host can't be reached or the file can't be written
 *
 * @example
 * ```ts
 * import { sendSecret } from '@fairlead/deploy';
 * import { localCarrier } from '@fairlead/deploy/local';
 *
 * const path = '/tmp/fairlead-example/pepper';
 * await sendSecret(localCarrier(), { path, value: 'a secret of at least 32 bytes ..' });
 * ```
 */
export async function sendSecret(carrier: Carrier, options: SendSecretOptions): Promise<void> {
  checkOptions('sendSecret', options, { path: 'required', value: 'required' });
  const { path } = options;
  // From JavaScript, any type is possible.
  const value: unknown = options.value;
  if (typeof path !== 'string' || !/^\/(?:[^/\p{Cc}]+\/)*[^/\p{Cc}]+$/u.test(path)) {
    throw invalidOption(`Option path is ${JSON.stringify(path)}: expected an absolute path.`);
  }
  if (!(typeof value === 'string' || value instanceof Uint8Array) || value.length === 0) {
    throw invalidOption('Option value: expected a text or bytes, which are not empty.');
  }
  const stdin = Readable.from([Buffer.from(value)]);
  const { code, stderr } = await carrier.run(['sh', '-c', SCRIPT, 'sh', path], { stdin });
  if (code === 0) return;
  throw new DeployError(
    'ERR_DEPLOY_HOST',
    `The host ${carrier.host}: ${path} can't be written (exit code ${code}): ${stderr.trim().slice(-500)}`,
  );
}
