import { Agent, request } from 'undici';
import { ServingError } from '../../serving-error.ts';
import { checkLimits } from '../check-limits.ts';
import { webhookDestinations, type IsAllowedDestination } from './webhook-destinations.ts';
import { webhookSignature, type SignWebhook } from './webhook-signature.ts';

/** Options of a {@link WebhookSender}. */
export interface WebhookSenderOptions {
  /**
   * Where webhooks may go: origins, or URLs that theirs have to begin with. Nothing else is ever called, so name only
   * what every client that may make jobs may have called from here.
   */
  readonly destinations: readonly string[];
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
}

const MAX_DELAY_MS = 6 * 3_600_000;
// The lease of a delivery is 60 seconds.
const MAX_TIMEOUT_MS = 30_000;

/** Calls the webhooks of jobs that have ended, signed as Standard Webhooks has it. */
export class WebhookSender {
  readonly maxAttempts: number;
  readonly #isAllowed: IsAllowedDestination;
  readonly #sign: SignWebhook;
  readonly #timeoutMs: number;
  readonly #retryDelayMs: number;
  readonly #agent: Agent;

  /** @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option. */
  constructor({
    destinations,
    secrets,
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
    this.#isAllowed = webhookDestinations(destinations);
    this.#sign = webhookSignature(secrets);
    this.#timeoutMs = timeoutMs;
    this.#retryDelayMs = retryDelayMs;
    this.#agent = new Agent({ connect: { timeout: timeoutMs }, connections: 4 });
  }

  /** Whether a webhook may go there. */
  allows(url: string): boolean {
    return this.#isAllowed(url);
  }

  /** How long to wait after the delivery `attempt`, from 1, in milliseconds. */
  delayAfter(attempt: number): number {
    return Math.min(this.#retryDelayMs * 4 ** (attempt - 1), MAX_DELAY_MS);
  }

  /** Delivers once; resolves to why it failed, or to undefined. Redirects aren't followed. */
  async deliver(url: string, id: string, body: string): Promise<string | undefined> {
    // The configuration may have changed since the job was accepted.
    if (!this.allows(url)) return 'the address is not among those that webhooks may go to';
    const timestamp = Math.floor(Date.now() / 1000);
    try {
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
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      await answer.dump({ limit: 65_536 }).catch(() => undefined);
      return statusCode >= 200 && statusCode < 300 ? undefined : `answered ${statusCode}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
