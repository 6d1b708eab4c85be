import type { Period } from './period.ts';

/** Amounts that a client may use; an element is one number or string of an input, so that a request has rows × elements of a row. */
export interface Quotas {
  /** Requests in a calendar day (UTC). */
  readonly requestsPerDay?: number;
  /** Requests in a calendar month (UTC). */
  readonly requestsPerMonth?: number;
  /** Elements in a minute. */
  readonly elementsPerMinute?: number;
  /** Elements in a calendar day (UTC). */
  readonly elementsPerDay?: number;
  /** Elements in a calendar month (UTC). */
  readonly elementsPerMonth?: number;
}

/** Name of a quota. */
type QuotaName = keyof Quotas;

/** A quota, without its amount. */
export interface QuotaRule {
  readonly name: QuotaName;
  /** Name of the policy in the `RateLimit` headers. */
  readonly policy: string;
  readonly unit: 'requests' | 'elements';
  readonly period: Period;
}

/** Every quota. */
export const quotaRules: readonly QuotaRule[] = [
  { name: 'requestsPerDay', policy: 'requests-per-day', unit: 'requests', period: 'day' },
  { name: 'requestsPerMonth', policy: 'requests-per-month', unit: 'requests', period: 'month' },
  { name: 'elementsPerMinute', policy: 'elements-per-minute', unit: 'elements', period: 60_000 },
  { name: 'elementsPerDay', policy: 'elements-per-day', unit: 'elements', period: 'day' },
  { name: 'elementsPerMonth', policy: 'elements-per-month', unit: 'elements', period: 'month' },
];

/** Largest quota, up to which Redis counts exactly. */
const MAX_QUOTA = 1e15;

/** Describes what is wrong with quotas of unknown origin; undefined if nothing is. */
export function quotasProblem(value: unknown): string | undefined {
  const names = quotaRules.map(({ name }) => name);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `expected an object such as { "requestsPerDay": 1000 }; known are ${names.join(', ')}`;
  }
  for (const [name, amount] of Object.entries(value)) {
    if (!names.some((known) => known === name)) {
      return `unknown quota ${JSON.stringify(name.slice(0, 32))}; known are ${names.join(', ')}`;
    }
    if (!Number.isInteger(amount) || Number(amount) < 1 || Number(amount) > MAX_QUOTA) {
      return `expected ${name} to be a whole number from 1 to ${MAX_QUOTA}`;
    }
  }
  return undefined;
}
