import type { ChosenEnvironment } from '../config/read-config.ts';
import { readText } from '../read-file.ts';

/** Reads the public keys of a file; text that has none is returned whole, for the library to report. */
export async function readTrustedKeys(path: string): Promise<readonly string[]> {
  const text = await readText(path, 'public keys');
  return text.match(/-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----/gs) ?? [text];
}

/** Reads the public keys that releases of an environment are signed with; `undefined` if it requires no signature. */
export async function trustedKeysOf({
  environment: { trustedKeysFile },
  resolvePath,
}: ChosenEnvironment): Promise<readonly string[] | undefined> {
  return trustedKeysFile === undefined ? undefined : readTrustedKeys(resolvePath(trustedKeysFile));
}
