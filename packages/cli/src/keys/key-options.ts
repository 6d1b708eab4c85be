import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { parseSpan } from '../options/shared-options.ts';

/** The file of the keys. */
export const keysFileOption = new Option(
  '--keys-file <file>',
  'JSON file of the keys (env: FAIRLEAD_KEYS_FILE)',
);

/** Quotas of a key, by their names. */
export type QuotaAmounts = Readonly<Record<string, number>>;

const QUOTAS = [
  ...['requestsPerDay', 'requestsPerMonth', 'elementsPerMinute'],
  ...['elementsPerDay', 'elementsPerMonth'],
];

/** Reads `requestsPerDay=10000`, and adds it to those before. */
export function collectQuota(text: string, before: QuotaAmounts | undefined): QuotaAmounts {
  const [, name = '', amount] = /^(\w+)=([1-9]\d{0,14})$/.exec(text) ?? [];
  if (QUOTAS.includes(name)) return { ...before, [name]: Number(amount) };
  throw new InvalidArgumentError(
    `Expected a quota and a whole number, such as requestsPerDay=10000. Quotas are ${QUOTAS.join(', ')}.`,
  );
}

/** Expiry of a key: a duration from now, or a time. */
export type Expiry = { readonly spanMs: number } | { readonly at: Date };

/** A hundred years: a time of a year with more than four digits is no date of ISO 8601. */
const MAX_SPAN_MS = 36_500 * 24 * 60 * 60 * 1000;

/** Reads `90d`, or `2030-01-31`, or `2030-01-31T12:00:00Z`. */
export function parseExpiry(text: string): Expiry {
  if (/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?$/.test(text)) {
    const at = new Date(text);
    // Date moves a day that doesn't exist, such as 31 February, instead of rejecting it.
    const exists =
      !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text.replace('Z', ''));
    if (exists) return { at };
  } else if (/^\d+[smhd]$/.test(text)) {
    const spanMs = parseSpan(text);
    if (spanMs <= MAX_SPAN_MS) return { spanMs };
    throw new InvalidArgumentError('Expected a duration of at most 36500d.');
  }
  throw new InvalidArgumentError(
    'Expected a duration such as 90d, or a date or time such as 2030-01-31.',
  );
}
