import { describeValue } from '@fairlead/signature';

import { buildFailed } from './build-failed.ts';

/** One pinned package of a requirements file. */
export interface Requirement {
  /** Name as in the file. */
  readonly name: string;
  /** Extras in brackets, such as `[async]`, or empty. */
  readonly extras: string;
  readonly version: string;
  /** Condition after `;`, such as `python_version < "3.12"`. */
  readonly marker: string | undefined;
  /** Hashes of its archives, such as `sha256:…`. */
  readonly hashes: readonly string[];
}

/** Content of a requirements file. */
export interface Requirements {
  readonly requirements: readonly Requirement[];
  /** Options of pip in the file that say where packages are, such as `--index-url`; they may have credentials. */
  readonly pipOptions: readonly string[];
}

const PINNED =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*===?\s*([^\s;#,*]+)\s*(?:;\s*(\S.*))?$/;
const HASH = /\s--hash[= ]\s*(\w+:[0-9a-f]+)/g;
const PLACES =
  /^(?:-i|--index-url|--extra-index-url|-f|--find-links|--no-index|--trusted-host|--pre|--prefer-binary|--no-binary|--only-binary)\b/;

/**
 * Reads a requirements file whose packages are all pinned with hashes.
 *
 * Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
 *
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED` naming the line
 */
export function parseRequirements(path: string, text: string): Requirements {
  const requirements: Requirement[] = [];
  const pipOptions: string[] = [];
  for (const line of logicalLines(text)) {
    if (PLACES.test(line)) {
      pipOptions.push(line);
      continue;
    }
    const hashes = [...line.matchAll(HASH)].map(([, hash = '']) => hash);
    const [, name, extras = '', version, marker] =
      PINNED.exec(line.replaceAll(HASH, '').trim()) ?? [];
    if (name === undefined || version === undefined || hashes.length === 0) {
      throw buildFailed(
        // An option may be an address with a password.
        `${path}: ${line.startsWith('-') ? `the option ${line.split(/[\s=]/)[0] ?? ''}` : describeValue(line.slice(0, 80))} isn't a package with version and hash. Compile the file: uv pip compile --generate-hashes requirements.in -o requirements.lock.`,
      );
    }
    requirements.push({ name, extras, version, marker: marker?.trim(), hashes });
  }
  if (requirements.length === 0) throw buildFailed(`${path} has no packages.`);
  return { requirements, pipOptions };
}

/** Joins continued lines, and drops comments. */
function logicalLines(text: string): readonly string[] {
  return text
    .replaceAll(/(?:^|[ \t])#.*$/gm, '')
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
