import { quoted } from './quoted.ts';

/** Addresses that a command on the host reads its input from and writes a long output to; both work without credentials, for a time. */
export interface TransferUrls {
  /** Standard input; without it, the input is empty. */
  readonly input?: string | undefined;
  /** Standard output, when it is longer than Systems Manager returns. */
  readonly output: string;
}

/** Systems Manager returns 24,000 characters of standard output and 8,000 of standard error; a character has up to four bytes. */
const MAX_OUTPUT_BYTES = 6_000;
const MAX_ERROR_BYTES = 2_000;

/**
 * Returns a script for `sh` that runs a program as Systems Manager's agent does (as root), with its input from `urls.input`. A longer output is
 * stored at `urls.output`, and `marker` printed in its place.
 */
export function commandScript(
  argv: readonly [string, ...string[]],
  urls: TransferUrls,
  marker: string,
): string {
  const input = urls.input === undefined ? '/dev/null' : '"$work/in"';
  return [
    'set -u',
    'umask 077',
    'work=$(mktemp -d) || exit 126',
    `trap 'rm -rf "$work"' EXIT`,
    // One of them is in every image that has the agent.
    'receive() { if command -v curl >/dev/null; then curl -fsS --retry 5 -o "$2" "$1"; else wget -q --tries=5 -O "$2" "$1"; fi; }',
    'store() { if command -v curl >/dev/null; then curl -fsS --retry 5 -T "$2" "$1"; else wget -q --tries=5 -O /dev/null --method=PUT --body-file="$2" "$1"; fi; }',
    ...(urls.input === undefined
      ? []
      : [
          `receive ${quoted(urls.input)} "$work/in" 2>"$work/err" || { cat "$work/err" >&2; echo "the input could not be read from S3" >&2; exit 126; }`,
        ]),
    `${argv.map(quoted).join(' ')} <${input} >"$work/out" 2>"$work/err"`,
    'code=$?',
    `tail -c ${MAX_ERROR_BYTES} "$work/err" >&2`,
    `if [ "$(wc -c <"$work/out")" -le ${MAX_OUTPUT_BYTES} ]; then cat "$work/out"`,
    `elif store ${quoted(urls.output)} "$work/out" >&2; then echo ${quoted(marker)}`,
    'else echo "the output could not be stored in S3" >&2; code=126; fi',
    'exit "$code"',
    '',
  ].join('\n');
}
