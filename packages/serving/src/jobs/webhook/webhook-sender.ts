import { Agent, request } from 'undici';
import type { AddressKind } from '../../network/address-kind.ts';
import { checkedLookup, requireAddress, type ResolveAll } from '../../network/checked-lookup.ts';
import { ServingError } from '../../errors/serving-error.ts';
import { checkLimits } from '../check-limits.ts';
import { MAX_DELIVERIES_PER_ORIGIN } from './delivery-slots.ts';
import { webhookDestinations, type FindDestination } from './webhook-destinations.ts';
import { webhookSignature, type SignWebhook } from './webhook-signature.ts';

/** Options of a {@link WebhookSender}. */
export interface WebhookSenderOptions {
  /**
   * Where webhooks may go: origins, or URLs that theirs have to begin with. Nothing else is ever called, so name only
   * what every client that may make jobs may have called from here.
   *
   * A name that resolves to a loopback or private address is refused at each delivery, unless it is `localhost`.
   */
  readonly destinations: readonly string[];
  /**
   * As `destinations`, for names that may resolve to loopback and private addresses. Link-local and metadata addresses
   * are refused here too.
   * @defaultValue none
   */
  readonly privateDestinations?: readonly string[];
  /** Each `whsec_` and 24 to 64 bytes in base64; several while one replaces the other. */
  readonly secrets: readonly string[];
  /**
   * How long a receiver may take, in milliseconds.
   * @defaultValue 10000
   */
  readonly timeoutMs?: number;
  /**
   * Pause before the second delivery, in milliseconds; four times as long before each further one, up to six hours.
   * @defaultValue 5000
   */
  readonly retryDelayMs?: number;
  /**
   * Deliveries before a webhook is given up.
   * @defaultValue 10
   */
  readonly maxAttempts?: number;
  /**
   * Resolves names; the addresses that it gives are checked and connected to.
   * @defaultValue `lookup` of `node:dns`
   */
  readonly resolve?: ResolveAll;
}

/** How a delivery ended. */
export interface DeliveryResult {
  /** Why it failed; undefined when it arrived. */
  readonly reason?: string;
  /** Whether the receiver gave no answer, so that the next webhook probably gets none either. */
  readonly isUnreachable: boolean;
}

const MAX_PAUSE_MS = 60_000;
const MAX_DELAY_MS = 6 * 3_600_000;
// The lease of a delivery is 60 seconds.
const MAX_TIMEOUT_MS = 30_000;

/** Calls the webhooks of jobs that have ended, signed as Standard Webhooks has it. */
export class WebhookSender {
  readonly maxAttempts: number;
  readonly #find: FindDestination;
  readonly #sign: SignWebhook;
  readonly #timeoutMs: number;
  readonly #retryDelayMs: number;
  readonly #agents = new Map<readonly AddressKind[], Agent>();
  readonly #resolve: ResolveAll | undefined;

  /** @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option. */
  constructor({
    destinations,
    privateDestinations = [],
    secrets,
    resolve,
    timeoutMs = 10_000,
    retryDelayMs = 5000,
    maxAttempts = 10,
  }: WebhookSenderOptions) {
    checkLimits({ timeoutMs, retryDelayMs, maxAttempts });
    if (timeoutMs > MAX_TIMEOUT_MS) {
      const message = `timeoutMs is ${timeoutMs}; of webhooks it must be at most ${MAX_TIMEOUT_MS}`;
      throw new ServingError('ERR_SERVING_INVALID_OPTION', message);
    }
    this.maxAttempts = maxAttempts;
    this.#find = webhookDestinations(destinations, privateDestinations);
    this.#sign = webhookSignature(secrets);
    this.#timeoutMs = timeoutMs;
    this.#retryDelayMs = retryDelayMs;
    this.#resolve = resolve;
  }

  /** Whether a webhook may go there. */
  allows(url: string): boolean {
    return this.#find(url) !== undefined;
  }

  /** How long to wait after the delivery `attempt`, from 1, in milliseconds. */
  delayAfter(attempt: number): number {
    return Math.min(this.#retryDelayMs * 4 ** (attempt - 1), MAX_DELAY_MS);
  }

  /** How long deliveries to a destination pause after `failures` in a row without an answer, in milliseconds. */
  pauseAfter(failures: number): number {
    return Math.min(this.#retryDelayMs * 2 ** (failures - 1), MAX_PAUSE_MS);
  }

  /** Delivers once; resolves to why it failed, or to undefined. Redirects aren't followed. */
  async deliver(url: string, id: string, body: string): Promise<string | undefined> {
    const { reason } = await this.attempt(url, id, body);
    return reason;
  }

  /** As {@link deliver}, and says whether there was an answer. */
  async attempt(url: string, id: string, body: string): Promise<DeliveryResult> {
    // The configuration may have changed since the job was accepted.
    const kinds = this.#find(url);
    if (kinds === undefined) {
      const reason = 'the address is not among those that webhooks may go to';
      return { reason, isUnreachable: false };
    }
    const timestamp = Math.floor(Date.now() / 1000);
    try {
      requireAddress(new URL(url).hostname, kinds);
      const { statusCode, body: answer } = await request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'fairlead-webhook',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': this.#sign(id, timestamp, body),
        },
        body,
        dispatcher: this.#agentOf(kinds),
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      await answer.dump({ limit: 65_536 }).catch(() => undefined);
      if (statusCode >= 200 && statusCode < 300) return { isUnreachable: false };
      return { reason: `answered ${statusCode}`, isUnreachable: false };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { reason, isUnreachable: true };
    }
  }

  #agentOf(kinds: readonly AddressKind[]): Agent {
    const known = this.#agents.get(kinds);
    if (known !== undefined) return known;
    const agent = new Agent({
      connect: { timeout: this.#timeoutMs, lookup: checkedLookup(kinds, this.#resolve) },
      connections: MAX_DELIVERIES_PER_ORIGIN,
    });
    this.#agents.set(kinds, agent);
    return agent;
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }
}
