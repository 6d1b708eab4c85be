import { setTimeout as sleep } from 'node:timers/promises';
import { aliasLog } from '../aliases/alias-log.ts';
import { checkPollInterval, jittered } from '../aliases/follow-alias.ts';
import { eventLog } from '../events/event-log.ts';
import { aliasNames } from '../aliases/alias-names.ts';
import { modelNames } from '../versions/model-names.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { checkOptions } from '../checks/check-options.ts';
import { inParallel } from '../store/in-parallel.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { versionLog } from '../versions/version-log.ts';
import type { EventCursor } from './event-cursor.ts';
import { pendingEvents } from './pending-events.ts';
import { decodePositions, encodePositions, type Position, START } from './positions.ts';

/** Delivers signed webhooks; `WebhookSender` of `@fairlead/webhooks` is one. */
export interface EventSender {
  /** Delivers once; resolves to the reason of a failure, else to undefined. */
  deliver(url: string, id: string, body: string): Promise<string | undefined>;
  /** Delay after the delivery `attempt`, from 1, in milliseconds. */
  delayAfter(attempt: number): number;
}

/** Report of a delivery by a forwarder. */
export type ForwardNotice =
  | {
      readonly type: 'delivered';
      readonly model: string;
      readonly id: string;
      readonly attempt: number;
    }
  | {
      readonly type: 'retried' | 'abandoned';
      readonly model: string;
      readonly id: string;
      readonly attempt: number;
      readonly reason: string;
    };

/** Options of {@link forwardEvents} and {@link forwardPending}. */
export interface ForwardOptions {
  readonly store: ObjectStore;
  /** Destination: one URL; several destinations are several forwarders, each with a separate cursor. */
  readonly url: string;
  readonly sender: EventSender;
  /** Stores the position of the delivered events: see `fileCursor`. */
  readonly cursor: EventCursor;
  /**
   * Start of a new cursor: the next event, or the first event of the history.
   *
   * @defaultValue `'now'`
   */
  readonly from?: 'now' | 'start';
  /**
   * Mean time between two polls of the store, in milliseconds, at most 2147483647.
   *
   * @defaultValue 10000
   */
  readonly pollIntervalMs?: number;
  /**
   * Maximum pause between two deliveries of one event, in milliseconds; limits the delay of the sender.
   *
   * @defaultValue 300000
   */
  readonly maxDelayMs?: number;
  /**
   * Deliveries before an event is abandoned, and the next one of its model is delivered.
   *
   * @defaultValue `Infinity`: a rejected event blocks later events of its model, and none is lost
   */
  readonly maxAttempts?: number;
  /** True for the types of events to forward; the others are skipped. @defaultValue all */
  readonly filter?: (type: string) => boolean;
  /** Called for each delivery: it arrived, is retried, or was abandoned. */
  readonly onNotice?: (notice: ForwardNotice) => void;
  /** Called for each failed poll; forwarding continues. */
  readonly onError?: (error: unknown) => void;
  /** Ends the forwarding, at the latest after the current delivery. */
  readonly signal?: AbortSignal;
}

/**
 * Forwards the events of a registry to a webhook: pushes, changes of aliases, approvals, measurements, and all others of the
 * models' logs.
 *
 * Every event is delivered at least once and, of one model, in order; after a `kill -9` it continues at the cursor, and a
 * repeated event has the same id. Runs until `signal` is aborted.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`; `ERR_REGISTRY_CORRUPT` for a damaged cursor; and the errors of
 * the cursor and, before the first poll, of the store.
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { fileCursor, forwardEvents } from '@fairlead/registry/webhooks';
 * import { WebhookSender } from '@fairlead/webhooks';
 *
 * const { WEBHOOK_URL: url = 'http://127.0.0.1:8080/hooks', WEBHOOK_SECRET: secret = '' } =
 *   process.env;
 * const stop = new AbortController();
 * await forwardEvents({
 *   store: folderStore('./registry'),
 *   url,
 *   sender: new WebhookSender({ destinations: [], privateDestinations: [url], secrets: [secret] }),
 *   cursor: fileCursor('./cursor.json'),
 *   from: 'start',
 *   filter: (type) => type === 'alias.set',
 *   onNotice(notice) {
 *     console.log(notice.type, notice.model, notice.attempt); // delivered digits 1
 *     stop.abort();
 *   },
 *   signal: stop.signal,
 * });
 * ```
 */
export async function forwardEvents(options: ForwardOptions): Promise<void> {
  const forwarder = await Forwarder.open('forwardEvents', options);
  const { pollIntervalMs = 10_000, signal, onError } = options;
  while (signal?.aborted !== true) {
    const { dueInMs, errors } = await forwarder.pass();
    for (const error of errors) onError?.(error);
    const pauseMs = Math.min(jittered(pollIntervalMs, Math.random), dueInMs);
    await sleep(pauseMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
}

/**
 * Forwards the events since the cursor, each once, and ends, for a schedule such as cron. Resolves to true if all were
 * delivered; the others are delivered the next time.
 *
 * @throws RegistryError the errors of `forwardEvents` and of the store.
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { fileCursor, forwardPending } from '@fairlead/registry/webhooks';
 * import { WebhookSender } from '@fairlead/webhooks';
 *
 * const { WEBHOOK_URL: url = 'http://127.0.0.1:8080/hooks', WEBHOOK_SECRET: secret = '' } =
 *   process.env;
 * const allDelivered = await forwardPending({
 *   store: folderStore('./registry'),
 *   url,
 *   sender: new WebhookSender({ destinations: [], privateDestinations: [url], secrets: [secret] }),
 *   cursor: fileCursor('./cursor.json'),
 *   from: 'start',
 * });
 * console.log(allDelivered); // true
 * ```
 */
export async function forwardPending(options: ForwardOptions): Promise<boolean> {
  const { dueInMs, errors } = await (await Forwarder.open('forwardPending', options)).pass();
  if (errors.length > 0) throw errors[0];
  return dueInMs === Infinity;
}

const optionNames = {
  store: 'required',
  url: 'required',
  sender: 'required',
  cursor: 'required',
  from: 'optional',
  pollIntervalMs: 'optional',
  maxDelayMs: 'optional',
  maxAttempts: 'optional',
  filter: 'optional',
  onNotice: 'optional',
  onError: 'optional',
  signal: 'optional',
} as const;

/** Deliveries of the oldest event of a model that wasn't delivered yet. */
interface RetryState {
  readonly attempt: number;
  /** By `performance.now()`. */
  readonly notBefore: number;
}

/** Result of one poll of the store. */
interface Pass {
  /** Milliseconds until something may be delivered again; `Infinity` when all was. */
  readonly dueInMs: number;
  readonly errors: readonly unknown[];
}

class Forwarder {
  readonly #options: ForwardOptions;
  readonly #positions: Map<string, Position>;
  readonly #retries = new Map<string, RetryState>();
  #lastSave: Promise<void> = Promise.resolve();
  #nextSave: Promise<void> | undefined;

  private constructor(options: ForwardOptions, positions: Map<string, Position>) {
    this.#options = options;
    this.#positions = positions;
  }

  static async open(name: string, options: ForwardOptions): Promise<Forwarder> {
    checkOptions(name, options, optionNames);
    const {
      store,
      cursor,
      from = 'now',
      pollIntervalMs = 1,
      maxDelayMs = 1,
      maxAttempts = 1,
    } = options;
    checkPollInterval(pollIntervalMs);
    for (const [name, value] of Object.entries({ maxDelayMs, maxAttempts })) {
      if (value > 0) continue;
      const problem = `${name} is ${value}: it has to be a positive number`;
      throw new RegistryError('ERR_REGISTRY_INVALID_OPTION', problem);
    }
    const saved = await cursor.load();
    if (saved !== undefined) return new Forwarder(options, new Map(decodePositions(saved)));
    const positions =
      from === 'start' ? new Map<string, Position>() : await presentPositions(store);
    const forwarder = new Forwarder(options, positions);
    // Before the first poll: a process that dies now continues from this position, not from a later one.
    await forwarder.#save();
    return forwarder;
  }

  /** Forwards the pending events; a damaged record stops only its model. */
  async pass(): Promise<Pass> {
    const { store, signal } = this.#options;
    const errors: unknown[] = [];
    try {
      await inParallel(await modelNames(store), async (model) => {
        const retry = this.#retries.get(model);
        if (signal?.aborted === true || (retry?.notBefore ?? 0) > performance.now()) return;
        await this.#forward(model).catch((error: unknown) => errors.push(error));
      });
    } catch (error) {
      errors.push(error);
    }
    const due = [...this.#retries.values()].map(({ notBefore }) => notBefore);
    return { dueInMs: Math.max(0, Math.min(...due, Infinity) - performance.now()), errors };
  }

  async #forward(model: string): Promise<void> {
    const { store, signal, filter = () => true } = this.#options;
    const position = this.#positions.get(model) ?? START;
    for await (const { event, next } of pendingEvents(store, model, position)) {
      if (filter(event.type) && !(await this.#deliver(model, event.id, event))) return;
      this.#positions.set(model, next);
      await this.#save();
      if (signal?.aborted === true) return;
    }
  }

  /** Returns whether the next event may be delivered. */
  async #deliver(
    model: string,
    id: string,
    {
      type,
      timestamp,
      data,
    }: { readonly type: string; readonly timestamp: string; readonly data: object },
  ): Promise<boolean> {
    const { url, sender, maxDelayMs = 300_000, maxAttempts = Infinity, onNotice } = this.#options;
    const attempt = (this.#retries.get(model)?.attempt ?? 0) + 1;
    const reason = await sender.deliver(url, id, JSON.stringify({ type, timestamp, data }));
    if (reason === undefined || attempt >= maxAttempts) {
      this.#retries.delete(model);
      onNotice?.(
        reason === undefined
          ? { type: 'delivered', model, id, attempt }
          : { type: 'abandoned', model, id, attempt, reason },
      );
      return true;
    }
    const pauseMs = Math.min(sender.delayAfter(attempt), maxDelayMs);
    this.#retries.set(model, { attempt, notBefore: performance.now() + pauseMs });
    onNotice?.({ type: 'retried', model, id, attempt, reason });
    return false;
  }

  /** One at a time; of concurrent calls, one writes for all. */
  #save(): Promise<void> {
    this.#nextSave ??= this.#lastSave.then(() => {
      this.#nextSave = undefined;
      return this.#options.cursor.save(encodePositions(this.#positions));
    });
    this.#lastSave = this.#nextSave.catch(() => undefined);
    return this.#nextSave;
  }
}

/** The heads of all logs. */
async function presentPositions(store: ObjectStore): Promise<Map<string, Position>> {
  const models = await modelNames(store);
  const entries = await inParallel(models, async (model) => {
    const aliases: Record<string, number> = {};
    for (const alias of await aliasNames(store, model)) {
      aliases[alias] = await aliasLog(store, model, alias).head();
    }
    const events = await eventLog(store, model).head();
    const versions = await versionLog(store, model).head();
    return [model, { versions, events, aliases }] as const;
  });
  return new Map(entries);
}
