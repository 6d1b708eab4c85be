import { setTimeout as sleep } from 'node:timers/promises';
import { aliasLog } from '../aliases/alias-log.ts';
import { jittered } from '../aliases/follow-alias.ts';
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

/** Calls webhooks, signed; `WebhookSender` of `@fairlead/webhooks` is one. */
export interface EventSender {
  /** Delivers once; resolves to why it failed, or to undefined. */
  deliver(url: string, id: string, body: string): Promise<string | undefined>;
  /** How long to wait after the delivery `attempt`, from 1, in milliseconds. */
  delayAfter(attempt: number): number;
}

/** What a forwarder tells of its work. */
export type ForwardNotice =
  | {
      readonly type: 'delivered';
      readonly model: string;
      readonly id: string;
      readonly attempt: number;
    }
  | {
      readonly type: 'retried' | 'given-up';
      readonly model: string;
      readonly id: string;
      readonly attempt: number;
      readonly reason: string;
    };

/** How events are forwarded. */
export interface ForwardOptions {
  readonly store: ObjectStore;
  /** Where to: one URL; several destinations are several forwarders, each with a cursor of its own. */
  readonly url: string;
  readonly sender: EventSender;
  /** Remembers what was delivered: see `fileCursor`. */
  readonly cursor: EventCursor;
  /**
   * Where to begin when the cursor is new: with what happens from now on, or with everything that ever happened.
   *
   * @defaultValue `'now'`
   */
  readonly from?: 'now' | 'start';
  /**
   * Mean time between two looks at the store, in milliseconds.
   *
   * @defaultValue 10000
   */
  readonly pollIntervalMs?: number;
  /**
   * Longest pause between two deliveries of one event, in milliseconds, whatever the sender says.
   *
   * @defaultValue 300000
   */
  readonly maxDelayMs?: number;
  /**
   * Deliveries before an event is given up, and the next one of its model told instead.
   *
   * @defaultValue `Infinity`: an event that nobody takes holds the later ones of its model back, and none is lost
   */
  readonly maxAttempts?: number;
  /** True for the types of events to forward; the others are skipped. @defaultValue all */
  readonly filter?: (type: string) => boolean;
  /** Told of each delivery: that it arrived, is tried again, or was given up. */
  readonly onNotice?: (notice: ForwardNotice) => void;
  /** Told of each look that failed; forwarding goes on. */
  readonly onError?: (error: unknown) => void;
  /** Ends the forwarding, at the latest once the present delivery is done. */
  readonly signal?: AbortSignal;
}

/**
 * Tells a webhook what happens in a registry: pushes, changes of aliases, approvals, measurements, and whatever else is in
 * the models' logs.
 *
 * Every event is told at least once and, of one model, in order; after a `kill -9` it goes on where the cursor is, and what
 * is told again has the same id. Runs until `signal` is aborted.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_OPTION`; `ERR_REGISTRY_CORRUPT` for a damaged cursor; and what the
 * cursor and, before the first look, the store throw.
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
 * Tells what happened since the cursor, each event once, and ends: for a schedule of your own. Resolves to whether all of
 * it arrived; what didn't is told the next time.
 *
 * @throws RegistryError what `forwardEvents` throws, and what the store throws.
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

/** Deliveries of the first event that a model still has to tell. */
interface Trouble {
  readonly attempt: number;
  /** By `performance.now()`. */
  readonly notBefore: number;
}

/** What one look at the store came to. */
interface Pass {
  /** Milliseconds until something may be delivered again; `Infinity` when all was. */
  readonly dueInMs: number;
  readonly errors: readonly unknown[];
}

class Forwarder {
  readonly #options: ForwardOptions;
  readonly #positions: Map<string, Position>;
  readonly #troubles = new Map<string, Trouble>();
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
    for (const [name, value] of Object.entries({ pollIntervalMs, maxDelayMs, maxAttempts })) {
      if (value > 0) continue;
      const problem = `${name} is ${value}: it has to be a positive number`;
      throw new RegistryError('ERR_REGISTRY_INVALID_OPTION', problem);
    }
    const saved = await cursor.load();
    if (saved !== undefined) return new Forwarder(options, new Map(decodePositions(saved)));
    const positions =
      from === 'start' ? new Map<string, Position>() : await presentPositions(store);
    const forwarder = new Forwarder(options, positions);
    // Before the first look: whoever dies now goes on from here, not from a later now.
    await forwarder.#save();
    return forwarder;
  }

  /** Tells what there is; a damaged record stops its model alone. */
  async pass(): Promise<Pass> {
    const { store, signal } = this.#options;
    const errors: unknown[] = [];
    try {
      await inParallel(await modelNames(store), async (model) => {
        const trouble = this.#troubles.get(model);
        if (signal?.aborted === true || (trouble?.notBefore ?? 0) > performance.now()) return;
        await this.#tell(model).catch((error: unknown) => errors.push(error));
      });
    } catch (error) {
      errors.push(error);
    }
    const due = [...this.#troubles.values()].map(({ notBefore }) => notBefore);
    return { dueInMs: Math.max(0, Math.min(...due, Infinity) - performance.now()), errors };
  }

  async #tell(model: string): Promise<void> {
    const { store, signal, filter = () => true } = this.#options;
    const position = this.#positions.get(model) ?? START;
    for await (const { event, next } of pendingEvents(store, model, position)) {
      if (filter(event.type) && !(await this.#deliver(model, event.id, event))) return;
      this.#positions.set(model, next);
      await this.#save();
      if (signal?.aborted === true) return;
    }
  }

  /** Whether the next event may be told. */
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
    const attempt = (this.#troubles.get(model)?.attempt ?? 0) + 1;
    const reason = await sender.deliver(url, id, JSON.stringify({ type, timestamp, data }));
    if (reason === undefined || attempt >= maxAttempts) {
      this.#troubles.delete(model);
      onNotice?.(
        reason === undefined
          ? { type: 'delivered', model, id, attempt }
          : { type: 'given-up', model, id, attempt, reason },
      );
      return true;
    }
    const pauseMs = Math.min(sender.delayAfter(attempt), maxDelayMs);
    this.#troubles.set(model, { attempt, notBefore: performance.now() + pauseMs });
    onNotice?.({ type: 'retried', model, id, attempt, reason });
    return false;
  }

  /** One at a time; of those that come meanwhile, one writes for all. */
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
