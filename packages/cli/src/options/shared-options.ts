import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

/** Location of the registry. */
export const registryOption = new Option(
  '--registry <location>',
  'Registry: a folder or s3://bucket/prefix (env: FAIRLEAD_REGISTRY)',
);

/** Output for scripts. */
export const jsonOption = new Option('--json', 'Print JSON');

/** Name for the history. */
export const actorOption = new Option(
  '--actor <name>',
  'Name for the history (env: FAIRLEAD_ACTOR, default: your account)',
);

/** Reason for the history. */
export const reasonOption = new Option('-m, --reason <text>', 'Reason for the history');

/** Changes nothing. */
export const dryRunOption = new Option('--dry-run', 'Show what would change, and change nothing');

/** Confirms in advance. */
export const yesOption = new Option('-y, --yes', 'Skip the confirmation prompt');

/** Name of an alias. */
export const aliasOption = new Option('--alias <alias>', 'Alias').default('champion');

/** Version that the alias has to point to before the change. */
export const expectOption = new Option(
  '--expect <version>',
  'Fail unless the alias points to this version now ("none": is not set)',
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
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads a duration such as `90s`, `15m`, `24h` or `30d`, in milliseconds. */
export function parseSpan(text: string): number {
  const [, number, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) {
    throw new InvalidArgumentError('Expected a duration such as 90s, 15m, 24h or 30d.');
  }
  return Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

/** Longest delay of Node's timers, which run a longer one at once: 24 days and 20 hours. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Reads a duration that a timer waits for, in milliseconds. */
export function parseTimerSpan(text: string): number {
  const spanMs = parseSpan(text);
  if (spanMs <= MAX_TIMER_MS) return spanMs;
  throw new InvalidArgumentError('Expected a duration of at most 24d.');
}

/** Collects the values of a repeatable option. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
