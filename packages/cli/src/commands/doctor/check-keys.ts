import type { CommandContext } from '../../command-context.ts';
import { count } from '../../output/format-values.ts';
import { type Finding, reasonOf } from './finding.ts';

const MAKE_PEPPER = 'export FAIRLEAD_PEPPER="$(openssl rand -base64 32)"';

/** Checks the keys file and the pepper of the environment, as a gateway would read them. */
export async function checkKeys({ environment, io }: CommandContext): Promise<Finding> {
  const check = 'keys and pepper';
  const { keysFile, pepper } = environment;
  const create = `fairlead key create --client me --scope 'infer:*' --keys-file ${keysFile ?? 'keys.json'}`;
  if (keysFile === undefined) {
    const found = 'FAIRLEAD_KEYS_FILE is not set; fairlead serve makes its own key';
    return { check, state: 'ok', found };
  }
  if (pepper === undefined) {
    return { check, state: 'problem', found: 'FAIRLEAD_PEPPER is not set', fix: MAKE_PEPPER };
  }
  try {
    const { ApiKeySet, readApiKeys } = await import('@fairlead/security');
    const records = await readApiKeys(keysFile);
    const now = io.now().getTime();
    new ApiKeySet({ pepper, records, now: () => now });
    const valid = records.filter(
      ({ expiresAt }) => expiresAt === undefined || new Date(expiresAt).getTime() > now,
    );
    const found = `${keysFile}: ${count(records.length, 'key')}, ${valid.length} of them valid`;
    if (valid.length > 0) return { check, state: 'ok', found };
    return { check, state: 'problem', found, fix: create };
  } catch (error) {
    const reason = reasonOf(error);
    const fix = /pepper/i.test(reason)
      ? MAKE_PEPPER
      : reason.includes('ENOENT')
        ? create
        : `chmod 600 ${keysFile}`;
    return { check, state: 'problem', found: reason, fix };
  }
}
