import { createHash } from 'node:crypto';

import { describeValue } from '@fairlead/signature';

import type { Carrier } from '../carriers/carrier.ts';
import { checkOptions, invalidOption } from '../check-options.ts';
import { runOnHost } from './run-on-host.ts';
import { Readable } from 'node:stream';

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
 * Replaces the file at once. A new one is for root only; one that exists keeps its mode and owner, which `tmpfiles.d` of the release
 * has set. Folders are created for all to enter.
 */
const SCRIPT = `set -eu
umask 022
mkdir -p "$(dirname "$1")"
umask 077
trap 'rm -f "$1.new"' EXIT
rm -f "$1.new"
cat >"$1.new"
if [ -e "$1" ]; then chown --reference="$1" "$1.new"; chmod --reference="$1" "$1.new"; fi
sync "$1.new"
mv -T "$1.new" "$1"
`;

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
  if (typeof path !== 'string' || !/^\/(?:[^/\p{Cc}]+\/)*[^/\p{Cc}]+$/u.test(path)) {
    throw invalidOption(`Option path is ${describeValue(path)}: expected an absolute path.`);
  }
  const compare = '[ ! -e "$1" ] || sha256sum <"$1"';
  const { stdout } = await runOnHost(carrier, ['sh', '-c', compare, 'sh', path]);
  const found = stdout.slice(0, 64);
  if (found === createHash('sha256').update(content).digest('hex')) return 'unchanged';
  if (!dryRun) {
    const stdin = Readable.from([content]);
    await runOnHost(carrier, ['sh', '-c', SCRIPT, 'sh', path], { stdin });
  }
  return found === '' ? 'missing' : 'changed';
}
