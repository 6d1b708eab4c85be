import { createHash } from 'node:crypto';

import type { Carrier } from '../carriers/carrier.ts';
import { checkOptions } from '../check-options.ts';
import { describeFailure, hostProblem, runOnHost } from './run-on-host.ts';
import { checkHostPath, writeFileOnHost } from './write-file.ts';

/** Options of {@link sendFile}. */
export interface SendFileOptions {
  /** Absolute path on the host. */
  readonly path: string;
  /** Content, which is sent by standard input: it is in no argument and no log. */
  readonly content: Uint8Array;
  /** Only compares. @defaultValue `false` */
  readonly dryRun?: boolean | undefined;
}

/**
 * Writes a file of a host, such as a certificate or a secret, unless it has this content already.
 *
 * @returns `missing` for a new file, `changed` for another content before, `unchanged`
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, or `ERR_DEPLOY_HOST` when the host can't be reached or the file can't be written
 *
 * @example
 * ```ts
 * import { sendFile } from '@fairlead/deploy';
 * import { localCarrier } from '@fairlead/deploy/local';
 * import { mkdtempSync } from 'node:fs';
 *
 * const path = `${mkdtempSync('/tmp/example-')}/keys.json`;
 * const content = Buffer.from('{}');
 * await sendFile(localCarrier(), { path, content });
 * console.log(await sendFile(localCarrier(), { path, content })); // unchanged
 * ```
 */
export async function sendFile(
  carrier: Carrier,
  options: SendFileOptions,
): Promise<'missing' | 'changed' | 'unchanged'> {
  checkOptions('sendFile', options, { path: 'required', content: 'required', dryRun: 'optional' });
  const { path, content, dryRun = false } = options;
  checkHostPath(path);
  const compare = '[ ! -e "$1" ] || sha256sum <"$1"';
  const { stdout } = await runOnHost(carrier, ['sh', '-c', compare, 'sh', path]);
  const found = stdout.slice(0, 64);
  if (found === createHash('sha256').update(content).digest('hex')) return 'unchanged';
  if (!dryRun) {
    const result = await writeFileOnHost(carrier, { path, content, keepsMode: true });
    if (result.code !== 0) throw hostProblem(carrier, describeFailure(result), result);
  }
  return found === '' ? 'missing' : 'changed';
}
