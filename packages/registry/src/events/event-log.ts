import { randomUUID } from 'node:crypto';
import { chainProblem } from '../records/chained-record.ts';
import { type KnownHeads, NumberedLog } from '../records/numbered-log.ts';
import { FORMAT_VERSION } from '../records/check-record.ts';
import { encodeRecord } from '../records/stored-record.ts';
import { eventsFolder } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { checkEvent, MAX_EVENT_BYTES, type ModelEvent } from './model-event.ts';

/** The events of one model. */
export type EventLog = NumberedLog<ModelEvent>;

/** Opens the events of `model`. */
export function eventLog(store: ObjectStore, model: string, heads?: KnownHeads): EventLog {
  return new NumberedLog<ModelEvent>(
    store,
    eventsFolder(model),
    {
      noun: 'an event',
      maxBytes: MAX_EVENT_BYTES,
      check: checkEvent,
      belongs: (event, number) => event.model === model && event.number === number,
      describe: (event) => `event ${event.number} of ${JSON.stringify(event.model)}`,
      chainProblem: (before, event) => chainProblem('event', before, event),
    },
    heads,
  );
}

/** An event that isn't recorded yet. */
export type NewEvent = Omit<
  ModelEvent,
  'formatVersion' | 'number' | 'at' | 'nonce' | 'previousSeal' | 'seal'
>;

/**
 * Records `event` as the newest of its log; each of several concurrent writers gets a separate number. With `isSame` an
 * event is recorded once: a writer appends it only after reading all events before it, and resolves to an existing one.
 */
export async function appendEvent(
  log: EventLog,
  event: NewEvent,
  at: Date,
  isSame?: (event: ModelEvent) => boolean,
): Promise<ModelEvent> {
  const nonce = randomUUID();
  let checked = 0;
  const { record } = await log.append(async (number) => {
    const existing = isSame && (await log.find(checked + 1, number - 1, isSame));
    checked = number - 1;
    if (existing) return { existing };
    const before = number === 1 ? undefined : await log.require(number - 1);
    return encodeRecord({
      formatVersion: FORMAT_VERSION,
      number,
      ...event,
      at: at.toISOString(),
      nonce,
      previousSeal: before?.seal ?? null,
    });
  });
  return record;
}
