import type { Agent } from 'undici';
import type { AddressKind } from './addresses/address-kind.ts';
import { checkAddress, checkedLookup, type ResolveAll } from './addresses/checked-lookup.ts';
import { checkIntegers } from './check-integers.ts';
import { checkFunction, checkOptions, checkTexts } from './check-options.ts';
import { MAX_DELIVERIES_PER_ORIGIN } from './delivery-slots.ts';
import type { OptionNames } from './options-problem.ts';
import { webhookDestinations, type FindDestination } from './webhook-destinations.ts';
import { webhookSignature, type SignWebhook } from './webhook-signature.ts';

/** Options of a {@link WebhookSender}. */
export interface WebhookSenderOptions {
  /**
   * Allowed destinations: origins, or URLs that the URL of a webhook must begin with. Every client that can register a
   * webhook can have them called from this host.
   *
   * A name that resolves to a loopback or private address is rejected at each delivery, unless it is `localhost`.
   */
  readonly destinations: readonly string[];
  /**
   * Allowed destinations whose names may resolve to loopback and private addresses. Link-local and metadata addresses
   * are rejected for these too.
   * @defaultValue none
   */
  readonly privateDestinations?: readonly string[];
  /** Secrets, each `whsec_` and 24 to 64 bytes in base64; several during a rotation. */
  readonly secrets: readonly string[];
  /**
   * Timeout of one delivery, in milliseconds, at most 30000.
   * @defaultValue 10000
   */
  readonly timeoutMs?: number;
  /**
   * Delay before the second delivery, in milliseconds; four times as long before each further one, up to six hours.
   * @defaultValue 5000
   */
  readonly retryDelayMs?: number;
  /**
   * Deliveries before a webhook is abandoned.
   * @defaultValue 10
   */
  readonly maxAttempts?: number;
  /**
   * Resolves names; the resulting addresses are checked and connected to.
   * @defaultValue `lookup` of `node:dns`
   */
  readonly resolve?: ResolveAll;
}

const optionNames: OptionNames<WebhookSenderOptions> = {
  destinations: 'required',
  privateDestinations: 'optional',
  secrets: 'required',
  timeoutMs: 'optional',
  retryDelayMs: 'optional',
  maxAttempts: 'optional',
  resolve: 'optional',
};

/** Result of a delivery. */
export interface DeliveryResult {
  /** Reason of the failure; undefined after a 2xx response. */
  readonly reason?: string;
  /** True when the receiver gave no response, so the next delivery will probably fail as well. */
  readonly isUnreachable: boolean;
}

const MAX_PAUSE_MS = 60_000;
const MAX_DELAY_MS = 6 * 3_600_000;
// Below the 60 seconds for which a delivery is leased.
const MAX_TIMEOUT_MS = 30_000;

/**
 * Sends webhooks, signed as [Standard Webhooks](https://www.standardwebhooks.com) specifies, to allowed destinations.
 *
 * @example
 * ```ts
 * import { WebhookSender } from '@fairlead/webhooks';
 *
 * const sender = new WebhookSender({
 *   destinations: ['https://hooks.example/jobs'],
 *   secrets: [`whsec_${Buffer.alloc(32, 'key').toString('base64')}`],
 * });
 * console.log(sender.allows('https://hooks.example/jobs/7')); // true
 * console.log(sender.allows('https://other.example/jobs/7')); // false
 * console.log(sender.delayAfter(1), sender.delayAfter(2)); // 5000 20000
 * await sender.close();
 * ```
 */
export class WebhookSender {
  readonly maxAttempts: number;
  readonly #find: FindDestination;
  readonly #sign: SignWebhook;
  readonly #timeoutMs: number;
  readonly #retryDelayMs: number;
  readonly #agents = new Map<readonly AddressKind[], Agent>();
  readonly #resolve: ResolveAll | undefined;

  /** @throws WebhookError `ERR_WEBHOOKS_INVALID_OPTION` naming the option. */
  constructor(options: WebhookSenderOptions) {
    const {
      destinations,
      privateDestinations = [],
      secrets,
      resolve,
      timeoutMs = 10_000,
      retryDelayMs = 5000,
      maxAttempts = 10,
    } = checkOptions('new WebhookSender', options, optionNames);
    checkTexts('destinations', destinations);
    checkTexts('privateDestinations', privateDestinations);
    checkTexts('secrets', secrets);
    if (resolve !== undefined) checkFunction('resolve', resolve);
    checkIntegers({ retryDelayMs, maxAttempts });
    checkIntegers({ timeoutMs }, MAX_TIMEOUT_MS);
    this.maxAttempts = maxAttempts;
    this.#find = webhookDestinations(destinations, privateDestinations);
    this.#sign = webhookSignature(secrets);
    this.#timeoutMs = timeoutMs;
    this.#retryDelayMs = retryDelayMs;
    this.#resolve = resolve;
  }

  /** Returns true when a webhook may be sent to the URL. */
  allows(url: string): boolean {
    return this.#find(url) !== undefined;
  }

  /** Delay after the failed delivery `attempt`, from 1, in milliseconds. */
  delayAfter(attempt: number): number {
    return Math.min(this.#retryDelayMs * 4 ** (attempt - 1), MAX_DELAY_MS);
  }

  /** Pause of a destination after `failures` deliveries in a row without a response, in milliseconds. */
  pauseAfter(failures: number): number {
    return Math.min(this.#retryDelayMs * 2 ** (failures - 1), MAX_PAUSE_MS);
  }

  /** Delivers once; resolves to the reason of a failure, or to undefined. Redirects aren't followed. */
  async deliver(url: string, id: string, body: string): Promise<string | undefined> {
    const { reason } = await this.attempt(url, id, body);
    return reason;
  }

  /** Delivers once; resolves to the result. Redirects aren't followed. */
  async attempt(url: string, id: string, body: string): Promise<DeliveryResult> {
    // The allowed destinations may have changed since the webhook was accepted.
    const kinds = this.#find(url);
    if (kinds === undefined) {
      const reason = 'the URL is not among the allowed destinations of webhooks';
      return { reason, isUnreachable: false };
    }
    const timestamp = Math.floor(Date.now() / 1000);
    try {
      checkAddress(new URL(url).hostname, kinds);
      // A process that sends no webhook needn't read it at its start.
      const undici = await import('undici');
      const { statusCode, body: response } = await undici.request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'fairlead-webhook',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': this.#sign(id, timestamp, body),
        },
        body,
        dispatcher: this.#agentOf(kinds, undici.Agent),
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      await response.dump({ limit: 65_536 }).catch(() => undefined);
      if (statusCode >= 200 && statusCode < 300) return { isUnreachable: false };
      return { reason: `status ${statusCode}`, isUnreachable: false };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { reason, isUnreachable: true };
    }
  }

  #agentOf(kinds: readonly AddressKind[], AgentOfUndici: typeof Agent): Agent {
    const known = this.#agents.get(kinds);
    if (known !== undefined) return known;
    const agent = new AgentOfUndici({
      connect: { timeout: this.#timeoutMs, lookup: checkedLookup(kinds, this.#resolve) },
      connections: MAX_DELIVERIES_PER_ORIGIN,
    });
    this.#agents.set(kinds, agent);
    return agent;
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }
}
