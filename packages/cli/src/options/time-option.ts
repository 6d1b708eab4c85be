import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { parseSpan } from './shared-options.ts';

/** Time on the command line: that of a clock, or one before now. */
export type TimeOption = { readonly at: number } | { readonly agoMs: number };

const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/u;

/** Reads a time such as `2026-11-28`, `2026-11-28T16:00Z`, or `24h` for so long ago. */
export function parseTime(text: string): TimeOption {
  if (ISO.test(text)) {
    const at = Date.parse(text);
    // A day that the month doesn't have becomes one of the next month, or NaN.
    if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(text.slice(0, 10))) {
      return { at };
    }
  }
  try {
    return { agoMs: parseSpan(text) };
  } catch {
    throw new InvalidArgumentError(
      'Expected a time of UTC such as 2026-11-28 or 2026-11-28T16:00Z, or a duration before now such as 24h or 30d.',
    );
  }
}

/** Milliseconds since the epoch. */
export function timeOf(option: TimeOption, now: Date): number {
  return 'at' in option ? option.at : now.getTime() - option.agoMs;
}

/** Begin of a span; the default is a duration such as `7d`. */
export function sinceOption(span: string) {
  return new Option('--since <time>', 'Begin: 2026-11-28T16:00Z, or a duration before now')
    .argParser(parseTime)
    .default<TimeOption>({ agoMs: parseSpan(span) }, span);
}

/** End of a span. */
export const untilOption = new Option('--until <time>', 'End, in the same form')
  .argParser(parseTime)
  .default<TimeOption>({ agoMs: 0 }, 'now');
