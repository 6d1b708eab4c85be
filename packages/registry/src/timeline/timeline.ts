import { asText } from '../records/json-value.ts';
import type { AliasEntry } from '../aliases/alias-entry.ts';
import type { Manifest } from '../versions/manifest.ts';
import type { ModelEvent } from '../events/model-event.ts';
import { columnsOf } from '../events/model-state.ts';

/** Features and outputs that a sentence about drift names. */
const MAX_NAMES = 5;

/** One change of a model, described in a sentence. */
export interface TimelineEntry {
  /** Time: ISO 8601, UTC. */
  readonly at: string;
  /** Person or program. */
  readonly actor: string;
  /** The change, without actor and time: `set "champion" to version 7 (was 6)`. */
  readonly what: string;
  /** Reason, if its writer gave one. */
  readonly reason?: string;
  readonly version?: number;
  /** Gate results of a change of a guarded alias. */
  readonly gates?: AliasEntry['gates'];
  /** The record of the change. */
  readonly source:
    | { readonly kind: 'version'; readonly record: Manifest }
    | { readonly kind: 'alias'; readonly record: AliasEntry }
    | { readonly kind: 'event'; readonly record: ModelEvent };
}

/** Merges the logs of a model into one timeline, oldest first; each log keeps its own order. */
export function buildTimeline(
  manifests: readonly Manifest[],
  aliases: readonly (readonly AliasEntry[])[],
  events: readonly ModelEvent[],
): readonly TimelineEntry[] {
  const logs = [
    manifests.map(describePush),
    ...aliases.map((log) => log.map(describeAliasChange)),
    events.map(describeEvent),
  ];
  const timed = logs.flatMap((items) => {
    // Clocks of different hosts may contradict the order of a log, which is authoritative.
    let latest = '';
    return items.map((item) => {
      if (item.at > latest) latest = item.at;
      return { item, order: latest };
    });
  });
  return timed
    .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    .map(({ item }) => item);
}

/** Describes a push. */
export function describePush(record: Manifest): TimelineEntry {
  const { created: at, actor, version, files, runtime } = record;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const what = `pushed version ${version} (${runtime.name}, ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${bytes} bytes)`;
  return { at, actor, what, version, source: { kind: 'version', record } };
}

/** Describes a change of an alias. */
export function describeAliasChange(record: AliasEntry): TimelineEntry {
  const { at, actor, reason, version, previous, alias, action, gates } = record;
  const verb = action === 'set' ? 'set' : 'rolled back';
  const was = previous === null ? '' : ` (was ${previous})`;
  const skipped = gates?.skipped === undefined ? '' : `, skipping gates: ${gates.skipped}`;
  return {
    at,
    actor,
    what: `${verb} "${alias}" to version ${version}${was}${skipped}`,
    ...(reason !== undefined && { reason }),
    version,
    ...(gates !== undefined && { gates }),
    source: { kind: 'alias', record },
  };
}

/** Describes an event. */
export function describeEvent(record: ModelEvent): TimelineEntry {
  const { at, actor, reason, version } = record;
  return {
    at,
    actor,
    what: sentence(record),
    ...(reason !== undefined && { reason }),
    ...(version !== undefined && { version }),
    source: { kind: 'event', record },
  };
}

function sentence({ type, version, data }: ModelEvent): string {
  const of = version === undefined ? 'the model' : `version ${version}`;
  const quoted = (key: string): string => JSON.stringify(data[key] ?? null);
  switch (type) {
    case 'tag-set':
      return `tagged ${of} ${quoted('name')}: ${quoted('value')}`;
    case 'tag-deleted':
      return `removed the tag ${quoted('name')} of ${of}`;
    case 'archived':
      return `archived ${of}`;
    case 'unarchived':
      return `restored ${of} from the archive`;
    case 'approved':
      return `approved ${of}`;
    case 'approval-withdrawn':
      return `withdrew the approval of ${of}`;
    case 'measured':
      return `measured ${asText(data.name)} = ${asText(data.value)} of ${of}`;
    case 'gates-set': {
      const gates = Array.isArray(data.gates) ? data.gates.map(asText) : [];
      return gates.length === 0
        ? `removed all gates of ${quoted('alias')}`
        : `guarded ${quoted('alias')} by: ${gates.join('; ')}`;
    }
    case 'signed':
      return `signed ${of} with key ${asText(data.keyId)}`;
    case 'note':
      return `noted on ${of}: ${asText(data.text)}`;
    case 'drift-began':
      return `drift of ${of} began: ${columnNames(data)}`;
    case 'drift-ended':
      return `drift of ${of} ended: ${columnNames(data)}`;
    default:
      return `${type} (${of})`;
  }
}

function columnNames({ columns, count }: ModelEvent['data']): string {
  const names = columnsOf(columns).map(({ name }) => name);
  const shown = names.slice(0, MAX_NAMES);
  const more = Math.max(Number(count) || 0, names.length) - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
