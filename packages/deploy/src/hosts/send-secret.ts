import type { Carrier } from '../carriers/carrier.ts';
import { checkOptions, invalidOption } from '../check-options.ts';
import { hostProblem } from './run-on-host.ts';
import { checkHostPath, writeFileOnHost } from './write-file.ts';

/** Options of {@link sendSecret}. */
export interface SendSecretOptions {
  /** Absolute path of the file on the host; its folder is created if it is missing. */
  readonly path: string;
  /** Value; it is sent by standard input, and is in no argument. */
  readonly value: string | Uint8Array;
}

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
  checkHostPath(path);
  if (!(typeof value === 'string' || value instanceof Uint8Array) || value.length === 0) {
    throw invalidOption('Option value: expected a text or bytes, which are not empty.');
  }
  const content = Buffer.from(value);
  const result = await writeFileOnHost(carrier, { path, content, keepsMode: false });
  const { code, stderr } = result;
  if (code === 0) return;
  const reason = `${path} can't be written (exit code ${code}): ${stderr.trim().slice(-500)}`;
  throw hostProblem(carrier, reason, result);
}
