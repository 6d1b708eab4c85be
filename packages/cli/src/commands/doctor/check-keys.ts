import { stat } from 'node:fs/promises';
import type { CommandContext } from '../../command-context.ts';
import { errorCodeOf } from '../../exit-code.ts';
import { count } from '../../output/format-values.ts';
import { oneLine, shortWords } from '../../output/plain-text.ts';
import { shellWord } from '../../output/shell-word.ts';
import { type Finding, reasonOf } from './finding.ts';

const MAKE_PEPPER = 'export FAIRLEAD_PEPPER="$(openssl rand -base64 32)"';
/** A file of 200,000 keys has about this size. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Checks the keys file and the pepper of the environment, as a gateway would read them. */
export async function checkKeys({ environment, io }: CommandContext): Promise<Finding> {
  const check = 'keys and pepper';
  const { keysFile, pepper } = environment;
  if (keysFile === undefined) {
    const found = 'FAIRLEAD_KEYS_FILE is not set; fairlead serve makes its own key';
    return { check, state: 'ok', found };
  }
  if (pepper === undefined) {
    return { check, state: 'problem', found: 'FAIRLEAD_PEPPER is not set', fix: MAKE_PEPPER };
  }
  const name = shortWords(oneLine(keysFile));
  const create = `fairlead key create --client me --scope 'infer:*' --keys-file ${shellWord(keysFile)}`;
  try {
    const unusable = await unusableFile(keysFile);
    if (unusable !== undefined) {
      const fix = 'export FAIRLEAD_KEYS_FILE=keys.json';
      return { check, state: 'problem', found: `${name} ${unusable}`, fix };
    }
    const { ApiKeySet, readApiKeys } = await import('@fairlead/security');
    const records = await readApiKeys(keysFile);
    const now = io.now().getTime();
    new ApiKeySet({ pepper, records, now: () => now });
    const valid = records.filter(
      ({ expiresAt }) => expiresAt === undefined || new Date(expiresAt).getTime() > now,
    );
    const found = `${name}: ${count(records.length, 'key')}, ${valid.length} of them valid`;
    if (valid.length > 0) return { check, state: 'ok', found };
    return { check, state: 'problem', found, fix: create };
  } catch (error) {
    const fix = fixFor(error, keysFile, create);
    return { check, state: 'problem', found: reasonOf(error), fix };
  }
}

/** Says what is wrong with a file that must not be opened: opening a pipe waits for a writer, and a device has no end. */
async function unusableFile(path: string): Promise<string | undefined> {
  const stats = await stat(path);
  if (!stats.isFile()) return 'is not a file';
  if (stats.size > MAX_FILE_BYTES) return `has ${stats.size} bytes, which no keys file has`;
  return undefined;
}

function fixFor(error: unknown, keysFile: string, create: string): string {
  const [, chmod] = /Run: (chmod .+)$/.exec(error instanceof Error ? error.message : '') ?? [];
  if (chmod !== undefined) return oneLine(chmod);
  if (error instanceof Error && error.message.includes('another pepper')) {
    return `set FAIRLEAD_PEPPER to the one that the keys were created with, or ${create}`;
  }
  switch (errorCodeOf(error)) {
    case 'ENOENT':
      return create;
    case 'EACCES':
    case 'EPERM':
      return `sudo chown "$(id -un)" ${shellWord(keysFile)}, or run fairlead doctor as the account of the gateway`;
    case 'ERR_SECURITY_INVALID_OPTION':
      return MAKE_PEPPER;
    case 'ERR_SECURITY_KEYS':
      return `correct ${shellWord(keysFile)}, or move it away and create keys: ${create}`;
    default:
      return 'export FAIRLEAD_KEYS_FILE=keys.json';
  }
}
