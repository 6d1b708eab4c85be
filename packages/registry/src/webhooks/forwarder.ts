import { aliasLog } from '../aliases/alias-log.ts';
import { aliasNames } from '../aliases/alias-names.ts';
import { checkPollInterval } from '../aliases/follow-alias.ts';
import { checkOptions } from '../checks/check-options.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { eventLog } from '../events/event-log.ts';
import { inParallel } from '../store/in-parallel.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { modelNames } from '../versions/model-names.ts';
import { versionLog } from '../versions/version-log.ts';
import { type ForwardOptions, forwardOptionNames } from './forward-options.ts';
import { pendingEvents } from './pending-events.ts';
import { decodePositions, encodePositions, type Position, START } from './positions.ts';

/** Deliveries of the oldest event of a model that wasn't delivered yet. */
interface RetryState {
  readonly attempt: number;
  /** By `performance.now()`. */
  readonly notBefore: number;
}

/** Result of one poll of the store. */
export interface Pass {
  /** Milliseconds until something may be delivered again; `Infinity` when all was. */
  readonly dueInMs: number;
  readonly errors: readonly unknown[];
}

/** Forwards the events of all models from the positions of a cursor. */
export class Forwarder {
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
    checkOptions(name, options, forwardOptionNames);
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
