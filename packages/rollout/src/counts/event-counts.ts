import { murmurHash3 } from '../assignment/murmur-hash.ts';
import { KeySample } from './key-sample.ts';

/** Times that something happened, and to which keys. */
export interface EventCounts {
  readonly count: number;
  readonly keys: KeySample;
}

/** Counts of an event that grow. */
export interface MutableEvent {
  count: number;
  readonly keys: KeySample;
}

/** Begin of the events that count predicted labels. */
export const LABEL_EVENT = 'label:';
/** Labels that a variant counts: those with the lowest hashes, which are the same ones on every host and in every order. */
export const MAX_LABELS = 24;
/** Other events have names of the program, never of requests. */
const MAX_EVENTS = 16;
/** Keys of an event that are counted; of more, a sample. */
export const MAX_EVENT_KEYS = 2048;

/** Returns the counts of an event; undefined for one that isn't counted. */
export function eventOf(events: Map<string, MutableEvent>, name: string): MutableEvent | undefined {
  const known = events.get(name);
  if (known !== undefined) return known;
  const event = { count: 0, keys: new KeySample({ maxKeys: MAX_EVENT_KEYS }) };
  const isLabel = name.startsWith(LABEL_EVENT);
  const alike = [...events.keys()].filter((each) => each.startsWith(LABEL_EVENT) === isLabel);
  if (!isLabel) {
    if (alike.length >= MAX_EVENTS) return undefined;
  } else if (alike.length >= MAX_LABELS) {
    // A label that was replaced never comes back, so the counts of the others are complete.
    const highest = alike.reduce((most, each) => (orderOf(each) > orderOf(most) ? each : most));
    if (orderOf(name) > orderOf(highest)) return undefined;
    events.delete(highest);
  }
  events.set(name, event);
  return event;
}

/** Order of labels that doesn't depend on which ones were seen first. */
export function orderOf(label: string): string {
  return String(murmurHash3(label, 0)).padStart(10, '0') + label;
}
