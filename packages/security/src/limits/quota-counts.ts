import { storeFailed } from '../checked-store.ts';
import { clientKey, type RateLimitedClient } from '../client-key.ts';
import { SecurityError } from '../security-error.ts';
import { LeasedCounts, type Use } from './leased-counts.ts';
import { describePeriod } from '../period.ts';
import { quotaRules, type QuotaRule, type Quotas } from '../quotas.ts';
import type { SharedCounts } from './shared-counts.ts';

/** A quota with the counts of this process. */
interface CountedRule extends QuotaRule {
  readonly counts: LeasedCounts;
}

/** State of a client's quota. */
export interface QuotaState {
  readonly rule: CountedRule;
  /** Amount of the quota. */
  readonly limit: number;
  readonly use: Use;
}

/** States of a client's quotas, at once where the process knows all counts. */
export type QuotaStates = readonly QuotaState[] | Promise<readonly QuotaState[]>;

type Apply = (
  rule: CountedRule,
  key: string,
  limit: number,
) => ReturnType<LeasedCounts['peek']> | Promise<Use>;

/** Counts what clients use of their quotas; what one quota refuses isn't counted by the others. */
export class QuotaCounts {
  readonly #all: readonly CountedRule[];
  readonly #elements: readonly CountedRule[];
  readonly #quotas: Quotas;

  /** @param quotas - those of clients without separate ones */
  constructor(counts: SharedCounts, processes: number, quotas: Quotas) {
    this.#quotas = quotas;
    this.#all = quotaRules.map((rule) => {
      const { policy: limiter, period } = rule;
      return { ...rule, counts: new LeasedCounts({ limiter, counts, processes, period }) };
    });
    this.#elements = this.#all.filter(({ unit }) => unit === 'elements');
  }

  /**
   * Counts one request; of the quotas of elements it says which are used up, as far as the process knows.
   *
   * @throws SecurityError `ERR_SECURITY_RATE_LIMIT_STORE`, as a rejection.
   */
  countRequest(client: RateLimitedClient): QuotaStates {
    return this.#apply(this.#all, client, ({ unit, counts }, key, limit) =>
      unit === 'requests' ? counts.use(key, limit) : counts.peek(key, limit),
    );
  }

  /** Gives back a request that a quota has refused to the others. */
  refundRequest(states: readonly QuotaState[], client: RateLimitedClient): void {
    refund(states, client, 'requests', 1);
  }

  /**
   * Counts the elements of a request.
   *
   * @throws SecurityError `ERR_SECURITY_REQUEST_COST` for more elements than a quota has, `ERR_SECURITY_RATE_LIMIT_STORE` as a rejection.
   */
  charge(client: RateLimitedClient, elements: number): QuotaStates {
    for (const rule of this.#elements) {
      const limit = this.#limitOf(rule, client);
      if (limit !== undefined && elements > limit) throw tooCostly(rule, limit, elements);
    }
    const states = this.#apply(this.#elements, client, ({ counts }, key, limit) =>
      counts.use(key, limit, elements),
    );
    return after(states, (known) => {
      if (known.some(({ use }) => !use.isAllowed)) refund(known, client, 'elements', elements);
      return known;
    });
  }

  /** Counts the elements of work that was accepted before, also over the quota. */
  chargeAccepted(client: RateLimitedClient, elements: number): QuotaStates {
    return this.#apply(this.#elements, client, ({ counts }, key) =>
      counts.use(key, Number.MAX_SAFE_INTEGER, elements),
    );
  }

  #limitOf({ name }: CountedRule, { identity }: RateLimitedClient): number | undefined {
    return identity?.quotas?.[name] ?? this.#quotas[name];
  }

  #apply(rules: readonly CountedRule[], client: RateLimitedClient, apply: Apply): QuotaStates {
    const states: QuotaState[] = [];
    let later: Promise<void>[] | undefined;
    let key: string | undefined;
    for (const rule of rules) {
      const limit = this.#limitOf(rule, client);
      if (limit === undefined) continue;
      key ??= clientKey(client);
      const use = apply(rule, key, limit);
      if (use instanceof Promise) {
        (later ??= []).push(use.then((known) => void states.push({ rule, limit, use: known })));
      } else if (use !== undefined) states.push({ rule, limit, use });
    }
    if (later === undefined) return states;
    return Promise.all(later).then(
      () => states,
      (cause: unknown) => {
        throw storeFailed(cause);
      },
    );
  }
}

/** Returns the error of a request that a quota refuses, the one that ends last; undefined if none does. */
export function refusalOf(
  states: readonly QuotaState[],
): { policy: string; error: SecurityError } | undefined {
  const [last] = states
    .filter(({ use }) => !use.isAllowed)
    .sort((one, other) => other.use.resetInMs - one.use.resetInMs);
  if (last === undefined) return undefined;
  const { rule, limit, use } = last;
  const seconds = Math.ceil(use.resetInMs / 1000);
  const error = new SecurityError(
    'ERR_SECURITY_QUOTA',
    `The quota of ${limit} ${rule.unit} in ${describePeriod(rule.period)} has ${use.remaining} left, which is too little for this request. Try again in ${seconds} s.`,
    { headers: { 'Retry-After': String(seconds) } },
  );
  return { policy: rule.policy, error };
}

function tooCostly({ unit, period }: CountedRule, limit: number, amount: number): SecurityError {
  return new SecurityError(
    'ERR_SECURITY_REQUEST_COST',
    `The request has ${amount} ${unit}, more than the quota of ${limit} in ${describePeriod(period)}. Send fewer rows in a request.`,
  );
}

function refund(
  states: readonly QuotaState[],
  client: RateLimitedClient,
  unit: QuotaRule['unit'],
  amount: number,
): void {
  for (const { rule, use } of states) {
    if (rule.unit === unit && use.isAllowed) rule.counts.refund(clientKey(client), amount);
  }
}

function after(
  states: QuotaStates,
  next: (states: readonly QuotaState[]) => readonly QuotaState[],
): QuotaStates {
  return states instanceof Promise ? states.then(next) : next(states);
}
