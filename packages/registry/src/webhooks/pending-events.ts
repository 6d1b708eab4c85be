import { aliasLog } from '../aliases/alias-log.ts';
import { eventLog } from '../events/event-log.ts';
import { aliasNames } from '../aliases/alias-names.ts';
import type { NumberedLog } from '../records/numbered-log.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { versionLog } from '../versions/version-log.ts';
import type { Position } from './positions.ts';
import { aliasEvent, modelEvent, versionEvent, type WebhookEvent } from './webhook-event.ts';

/** An event to deliver, with the position of its model after it. */
export interface PendingEvent {
  readonly event: WebhookEvent;
  readonly next: Position;
}

/** A log of a model that is read from a position. */
interface Source {
  readonly read: (number: number) => Promise<WebhookEvent | undefined>;
  readonly advance: (position: Position, number: number) => Position;
  number: number;
  /** Time of its latest record: a clock that was set back doesn't change the order of a log. */
  latest: string;
  head: WebhookEvent | undefined;
}

/**
 * Yields the events of `model` since `position`, with one record of each log in memory: in the order of each log, and between
 * logs by time.
 */
export async function* pendingEvents(
  store: ObjectStore,
  model: string,
  position: Position,
): AsyncGenerator<PendingEvent, void> {
  const aliases = await aliasNames(store, model);
  const versions = source(versionLog(store, model), versionEvent, position.versions, (at, n) => ({
    ...at,
    versions: n,
  }));
  const sources = [
    versions,
    ...aliases.map((alias) => {
      const { aliases: seen } = position;
      const number = Object.hasOwn(seen, alias) ? (seen[alias] ?? 0) : 0;
      return source(aliasLog(store, model, alias), aliasEvent, number, (at, n) => ({
        ...at,
        aliases: { ...at.aliases, [alias]: n },
      }));
    }),
    source(eventLog(store, model), modelEvent, position.events, (at, n) => ({ ...at, events: n })),
  ];
  for (let at = position; ;) {
    // The versions last: then a version that another record refers to exists.
    for (const each of sources.toReversed()) if (each.head === undefined) await readOn(each);
    const next = pick(sources, versions);
    if (next?.head === undefined) return;
    const event = next.head;
    next.head = undefined;
    next.number += 1;
    at = next.advance(at, next.number);
    yield { event, next: at };
  }
}

function source<R>(
  log: NumberedLog<R>,
  toEvent: (record: R) => WebhookEvent,
  number: number,
  advance: Source['advance'],
): Source {
  const read = async (at: number): Promise<WebhookEvent | undefined> => {
    const record = await log.read(at);
    return record && toEvent(record);
  };
  return { read, advance, number, latest: '', head: undefined };
}

async function readOn(source: Source): Promise<void> {
  source.head = await source.read(source.number + 1);
  const time = source.head?.timestamp ?? '';
  if (time > source.latest) source.latest = time;
}

/**
 * Returns the source with the earliest next record, for equal times the first one. No record is delivered before the version
 * that it refers to, even if the clocks of their writers differ.
 */
function pick(sources: readonly Source[], versions: Source): Source | undefined {
  const ready = sources.filter(
    (each) => each === versions || (each.head?.data.version ?? 0) <= versions.number,
  );
  return earliest(ready) ?? earliest(sources);
}

function earliest(sources: readonly Source[]): Source | undefined {
  return sources
    .filter(({ head }) => head !== undefined)
    .reduce<Source | undefined>(
      (first, each) => (first === undefined || each.latest < first.latest ? each : first),
      undefined,
    );
}
