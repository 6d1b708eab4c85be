import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

/** Where the registry is. */
export const registryOption = new Option(
  '--registry <location>',
  'a folder or s3://bucket/prefix (else FAIRLEAD_REGISTRY)',
);

/** Output for scripts. */
export const jsonOption = new Option('--json', 'print JSON, for scripts');

/** Who does it. */
export const actorOption = new Option(
  '--actor <name>',
  'who does this, for the history (else FAIRLEAD_ACTOR, else your account)',
);

/** Why it is done. */
export const reasonOption = new Option('-m, --reason <text>', 'why, for the history');

/** Only look. */
export const dryRunOption = new Option('--dry-run', 'say what would happen, and change nothing');

/** Agrees in advance. */
export const yesOption = new Option('-y, --yes', "don't ask");

/** The alias that is meant. */
export const aliasOption = new Option('--alias <alias>', 'the alias').default('champion');

/** The version that the alias has to point to now. */
export const expectOption = new Option(
  '--expect <version>',
  'fail unless the alias means this version now ("none": isn\'t set)',
).argParser(parseExpected);

/** A parser must not return `null`: commander takes it for a missing value and replaces it by `''`. */
function parseExpected(text: string): number | 'none' {
  return text === 'none' ? 'none' : parseCount(text);
}

/** The field `expected` of `setAlias` and `rollback` for the value of {@link expectOption}. */
export function expectedVersion(expect: number | 'none' | undefined): {
  readonly expected?: number | null;
} {
  return expect === undefined ? {} : { expected: expect === 'none' ? null : expect };
}

/** Reads a whole number from 1. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It has to be a whole number from 1.');
}

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads a span of time such as `90s`, `15m`, `24h` or `30d`, in milliseconds. */
export function parseSpan(text: string): number {
  const [, number, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) {
    throw new InvalidArgumentError('It has to be a span of time such as 90s, 15m, 24h or 30d.');
  }
  return Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
