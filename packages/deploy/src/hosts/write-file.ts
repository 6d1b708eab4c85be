import { Readable } from 'node:stream';

import { describeValue } from '@fairlead/signature';

import type { Carrier, CarrierResult } from '../carriers/carrier.ts';
import { invalidOption } from '../check-options.ts';

/** Content of a file of a host. */
export interface HostFileContent {
  readonly path: string;
  /** Sent by standard input: it is in no argument and no log. */
  readonly content: Uint8Array;
  /** Lets a file that exists keep its mode and owner; else it becomes one that only root may read. */
  readonly keepsMode: boolean;
}

/**
 * Replaces the file at once. Folders are created for all to enter: services read other files there. Arguments: path, `keep` for mode and owner of
 * the file that exists.
 */
const SCRIPT = `set -eu
umask 022
mkdir -p "$(dirname "$1")"
umask 077
trap 'rm -f "$1.new"' EXIT
rm -f "$1.new"
cat >"$1.new"
if [ "$2" = keep ] && [ -e "$1" ]; then chown --reference="$1" "$1.new"; chmod --reference="$1" "$1.new"; fi
sync "$1.new"
mv -T "$1.new" "$1"
`;

/** Writes a file of a host. Resolves for every exit code. */
export function writeFileOnHost(
  carrier: Carrier,
  { path, content, keepsMode }: HostFileContent,
): Promise<CarrierResult> {
  const mode = keepsMode ? 'keep' : 'private';
  return carrier.run(['sh', '-c', SCRIPT, 'sh', path, mode], { stdin: Readable.from([content]) });
}

/** Rejects a value that isn't an absolute path of a file. */
export function checkHostPath(path: unknown): void {
  if (typeof path === 'string' && /^\/(?:[^/\p{Cc}]+\/)*[^/\p{Cc}]+$/u.test(path)) return;
  throw invalidOption(`Option path is ${describeValue(path)}: expected an absolute path.`);
}
