import { asText, type JsonValue } from '../records/json-value.ts';
import { documentsOf, type EventDocument } from './event-document.ts';
import type { ModelEvent } from './model-event.ts';

/** An approval of a version: author, time and reason. */
export interface Approval {
  readonly actor: string;
  readonly at: string;
  readonly reason?: string;
}

/** A measurement of a version after it was pushed: a latency, the difference between an export and its original. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  /** Person or program that measured it. */
  readonly actor: string;
  readonly at: string;
  /** Further facts: the machine, the number of rows. */
  readonly details?: JsonValue;
  readonly documents: readonly EventDocument[];
}

/** Drift of a feature or output of a version, as the newest verdict says. */
export interface CurrentDrift {
  readonly name: string;
  readonly role: string;
  /** Time of the event with which it began. */
  readonly at: string;
  /** Sentence that says what moved, from where to where, when it began. */
  readonly explanation?: string;
}

/** State of one version by the events. */
export interface VersionState {
  readonly tags: Readonly<Record<string, string>>;
  /** Author, time and reason of the archival, if it is archived. */
  readonly archived?: { readonly actor: string; readonly at: string; readonly reason?: string };
  /** One for each person that approves. */
  readonly approvals: readonly Approval[];
  /** The newest of each name. */
  readonly measurements: Readonly<Record<string, Measurement>>;
  /** Features and outputs whose drift began and has not ended. */
  readonly drift: readonly CurrentDrift[];
}

/** State of a model by its events. */
export interface ModelState {
  readonly tags: Readonly<Record<string, string>>;
  readonly versions: ReadonlyMap<number, VersionState>;
  /** The gates of each guarded alias, as text, with the number of the event that set them. */
  readonly gates: ReadonlyMap<
    string,
    { readonly gates: readonly string[]; readonly event: number }
  >;
}

/** State of a version without events. */
export const untouched: VersionState = {
  tags: {},
  approvals: [],
  measurements: {},
  drift: [],
};

/** Folds `events` into a state; events of types of a later release are ignored. */
export function foldEvents(events: readonly ModelEvent[]): ModelState {
  let tags: Record<string, string> = {};
  const versions = new Map<number, VersionState>();
  const gates = new Map<string, { gates: readonly string[]; event: number }>();
  for (const event of events) {
    const { version, type, data } = event;
    if (version !== undefined) {
      versions.set(version, nextVersionState(versions.get(version) ?? untouched, event));
    } else if (type === 'tag-set' || type === 'tag-deleted') {
      tags = nextTags(tags, event);
    } else if (type === 'gates-set') {
      gates.set(asText(data.alias), { gates: texts(data.gates), event: event.number });
    }
  }
  return { tags, versions, gates };
}

function nextVersionState(state: VersionState, event: ModelEvent): VersionState {
  const { type, actor, at, data } = event;
  const who = { actor, at, ...(event.reason !== undefined && { reason: event.reason }) };
  switch (type) {
    case 'tag-set':
    case 'tag-deleted':
      return { ...state, tags: nextTags(state.tags, event) };
    case 'archived':
      return { ...state, archived: who };
    case 'unarchived':
      return {
        tags: state.tags,
        approvals: state.approvals,
        measurements: state.measurements,
        drift: state.drift,
      };
    case 'approved':
      return { ...state, approvals: [...without(state.approvals, actor), who] };
    case 'approval-withdrawn':
      return { ...state, approvals: without(state.approvals, actor) };
    case 'measured': {
      const name = asText(data.name);
      const measurement: Measurement = {
        name,
        value: Number(data.value),
        actor,
        at,
        ...(data.details !== undefined && { details: data.details }),
        documents: documentsOf(event),
      };
      return { ...state, measurements: withKey(state.measurements, name, measurement) };
    }
    case 'drift-began':
    case 'drift-ended':
      return { ...state, drift: nextDrift(state.drift, event) };
    default:
      return state;
  }
}

function nextDrift(drift: readonly CurrentDrift[], { type, at, data }: ModelEvent) {
  const columns = columnsOf(data.columns).map((column) => ({ ...column, at }));
  const key = ({ name, role }: Pick<CurrentDrift, 'name' | 'role'>) => `${role} ${name}`;
  const changed = new Set(columns.map(key));
  const others = drift.filter((each) => !changed.has(key(each)));
  return type === 'drift-began' ? [...others, ...columns] : others;
}

/** Columns of an event about drift; those of another form are left out. */
export function columnsOf(columns: JsonValue | undefined): readonly Omit<CurrentDrift, 'at'>[] {
  const list: readonly unknown[] = Array.isArray(columns) ? columns : [];
  return list.flatMap((column) => {
    const { name, role, explanation } = Object(column) as Readonly<Record<string, unknown>>;
    if (typeof name !== 'string' || typeof role !== 'string') return [];
    return [{ name, role, ...(typeof explanation === 'string' && { explanation }) }];
  });
}

function nextTags(
  tags: Readonly<Record<string, string>>,
  { type, data }: ModelEvent,
): Record<string, string> {
  const name = asText(data.name);
  if (type === 'tag-set') return withKey(tags, name, asText(data.value));
  return Object.fromEntries(Object.entries(tags).filter(([key]) => key !== name));
}

// Not by assignment: a tag named `__proto__` is a tag like any other.
function withKey<T>(record: Readonly<Record<string, T>>, key: string, value: T): Record<string, T> {
  return Object.fromEntries([...Object.entries(record), [key, value]]);
}

function without(approvals: readonly Approval[], actor: string): readonly Approval[] {
  return approvals.filter((approval) => approval.actor !== actor);
}

function texts(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(asText) : [];
}
