import type { z } from 'zod';
import { maskCredentials } from '@fairlead/signature';
import { contradictions } from './contradictions.ts';
import { isForeignVariable, meantByPort } from './foreign-variables.ts';
import { SettingsError } from './settings-error.ts';
import { settings, type Settings } from './settings.ts';

const SECRETS: ReadonlySet<string> = new Set([
  'FAIRLEAD_LIMITS_REDIS_URL',
  'FAIRLEAD_NOTICE_SECRETS',
  'FAIRLEAD_NOTICE_SENTRY_DSN',
  'FAIRLEAD_NOTICE_SLACK_WEBHOOKS',
  'FAIRLEAD_NOTICE_WEBHOOKS',
  'FAIRLEAD_PEPPER',
  'FAIRLEAD_REDIS_URL',
  'FAIRLEAD_WEBHOOK_SECRETS',
]);

/**
 * Reads the settings from environment variables: the only place where the gateway does.
 *
 * A variable under its name of version 0.1 is read with a warning to `onWarning`, by default `process.emitWarning`.
 *
 * @throws SettingsError naming every variable that is wrong, unknown ones that begin with `FAIRLEAD_` included; not those of
 * the `fairlead` command and of `npm start`, and not what Kubernetes sets for a Service named `fairlead…`.
 *
 * @example
 * ```ts
 * import { readSettings } from '@fairlead/gateway';
 *
 * const settings = readSettings({
 *   FAIRLEAD_REGISTRY: 's3://models/prod',
 *   FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json',
 *   FAIRLEAD_PEPPER: 'a secret of at least 32 bytes from a secret store',
 * });
 * console.log(settings.alias, settings.pollIntervalMs); // champion 2000
 * ```
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  onWarning: (warning: string) => void = (warning) => {
    process.emitWarning(warning);
  },
): Settings {
  const problems: string[] = [];
  const known = new Set<string>(
    Object.values(settings).flatMap(({ variable, formerly = [] }) => [variable].concat(formerly)),
  );
  for (const [variable, value = ''] of Object.entries(environment)) {
    if (!variable.startsWith('FAIRLEAD_') || known.has(variable)) continue;
    if (!isForeignVariable(variable, value)) {
      const meant = meantByPort(variable);
      problems.push(
        meant === undefined
          ? `${variable} is not a setting; docs/settings.md lists them`
          : `${variable} is not a setting of the gateway but of npm start; use ${meant}`,
      );
    }
  }
  const values = Object.entries(settings).map(([name, setting]) => {
    const { variable, schema, fallback, formerly } = setting;
    const former = formerly === undefined ? undefined : environment[formerly];
    if (former !== undefined) {
      onWarning(`${formerly ?? ''} is now called ${variable}; rename it before the next release`);
    }
    const given = environment[variable] ?? former ?? fallback;
    const result = (schema as z.ZodType<unknown, string | undefined>).safeParse(given);
    if (!result.success) {
      const shown = SECRETS.has(variable) ? 'its value' : shownValue(given);
      problems.push(
        `${variable}: ${shown} ${result.error.issues.map(({ message }) => message).join(', ')}`,
      );
    }
    return [name, result.data] as const;
  });
  const read = Object.fromEntries(values) as Settings;
  // Only settings that can be read can contradict each other.
  if (problems.length === 0) problems.push(...contradictions(read));
  if (problems.length === 0) return read;
  throw new SettingsError(
    `The settings can't be used:\n${problems.map((each) => `  ${each}`).join('\n')}`,
  );
}

/** A rejected value for a message, without credentials: any text before the last `@` may be a password. */
function shownValue(value: string | undefined): string {
  if (value === undefined) return 'nothing';
  const masked = value.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
  return maskCredentials(JSON.stringify(masked));
}
