import { randomUUID } from 'node:crypto';
import { type KnownHeads, NumberedLog, type RecordFormat } from '../records/numbered-log.ts';
import { FORMAT_VERSION } from '../records/record-schema.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { eventsFolder } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import {
  decodeEvent,
  encodeEvent,
  eventChainProblem,
  MAX_EVENT_BYTES,
  type ModelEvent,
} from './model-event.ts';

/** The events of one model. */
export type EventLog = NumberedLog<ModelEvent>;

/** Reads at a time: a store far away answers many questions as fast as one. */
const PARALLEL = 16;

/** Opens the events of `model`. */
export function eventLog(store: ObjectStore, model: string, heads?: KnownHeads): EventLog {
  const format: RecordFormat<ModelEvent> = {
    maxBytes: MAX_EVENT_BYTES,
    decode(key, bytes, number) {
      const event = decodeEvent(key, bytes);
      if (event.model === model && event.number === number) return event;
      throw new RegistryError(
        'ERR_REGISTRY_CORRUPT',
        `${key} is event ${event.number} of ${JSON.stringify(event.model)}: ` +
          'it was copied there; restore the right one from a backup',
      );
    },
  };
  return new NumberedLog(store, eventsFolder(model), format, heads);
}

/**
 * All events of a log, oldest first, each continuing the one before.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT`
 */
export async function readEvents(log: EventLog): Promise<readonly ModelEvent[]> {
  const numbers = await log.numbers();
  const events: ModelEvent[] = [];
  for (let start = 0; start < numbers.length; start += PARALLEL) {
    const batch = numbers.slice(start, start + PARALLEL);
    for (const event of await Promise.all(batch.map((number) => requireEvent(log, number)))) {
      const problem = eventChainProblem(events.at(-1), event);
      if (problem !== undefined) {
        throw new RegistryError('ERR_REGISTRY_CORRUPT', `${log.keyOf(event.number)}: ${problem}`);
      }
      events.push(event);
    }
  }
  return events;
}

async function requireEvent(log: EventLog, number: number): Promise<ModelEvent> {
  const event = await log.read(number);
  if (event !== undefined) return event;
  throw new RegistryError(
    'ERR_REGISTRY_CORRUPT',
    `${log.keyOf(number)} is missing; restore it from a backup`,
  );
}

/** An event that is to be recorded. */
export type NewEvent = Omit<
  ModelEvent,
  'formatVersion' | 'number' | 'at' | 'nonce' | 'previousSeal' | 'seal'
>;

/** Records `event` as the newest of its log; of several writers at a time each gets its own number. */
export async function appendEvent(log: EventLog, event: NewEvent, at: Date): Promise<ModelEvent> {
  const nonce = randomUUID();
  for (;;) {
    const head = await log.head();
    const number = head + 1;
    const before = head === 0 ? undefined : await requireEvent(log, head);
    const bytes = encodeEvent({
      formatVersion: FORMAT_VERSION,
      number,
      ...event,
      at: at.toISOString(),
      nonce,
      previousSeal: before?.seal ?? null,
    });
    const decoded = log.decode(number, bytes);
    if (await log.create(number, bytes)) return decoded;
    if ((await log.head()) < number) {
      throw new RegistryError(
        'ERR_REGISTRY_STORE_FOREIGN',
        `cannot create ${log.keyOf(number)}: something that is not an event has its name; move it out of the store`,
      );
    }
  }
}
