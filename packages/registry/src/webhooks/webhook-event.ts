import {
  type TimelineEntry,
  describeAliasChange,
  describeEvent,
  describePush,
} from '../timeline/timeline.ts';
import type { AliasEntry } from '../aliases/alias-entry.ts';
import type { ModelEvent } from '../events/model-event.ts';
import type { Manifest } from '../versions/manifest.ts';

/** A change in a registry, as a webhook sends it. */
export interface WebhookEvent {
  /** Id, the same for each delivery: made of the digest of the record. */
  readonly id: string;
  /** `version.pushed`, `alias.set`, `alias.rolled-back`; of an event `model.` or `version.` and its type: `version.approved`. */
  readonly type: string;
  /** Time of the event: ISO 8601, UTC. */
  readonly timestamp: string;
  readonly data: WebhookEventData;
}

/** Further fields of a webhook event. */
interface WebhookEventData {
  readonly model: string;
  readonly version?: number;
  readonly actor: string;
  /** In words: `set "champion" to version 7 (was 6)`. */
  readonly what: string;
  readonly reason?: string;
  /** Number of the record in its log. */
  readonly number: number;
  /** The record itself; of a version only what isn't long. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** Makes the event of a pushed version. */
export function versionEvent(manifest: Manifest): WebhookEvent {
  const { model, version, runtime, files, metrics, lineage, seal } = manifest;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const { gitCommit, parentVersion } = lineage;
  const record = {
    version,
    runtime: runtime.name,
    files: files.length,
    bytes,
    // However many there are, and however long a text: a webhook isn't the place for them.
    metrics: Object.fromEntries(Object.entries(metrics).slice(0, 100)),
    ...(gitCommit !== undefined && { gitCommit: gitCommit.slice(0, 200) }),
    ...(parentVersion !== undefined && { parentVersion }),
    seal,
  };
  return webhookEvent('version.pushed', describePush(manifest), {
    model,
    number: version,
    record,
    seal,
  });
}

/** Makes the event of a change of an alias. */
export function aliasEvent(entry: AliasEntry): WebhookEvent {
  const { model, number, seal, action } = entry;
  const type = action === 'set' ? 'alias.set' : 'alias.rolled-back';
  return webhookEvent(type, describeAliasChange(entry), {
    model,
    number,
    record: { ...entry },
    seal,
  });
}

/** Makes the webhook event of an event. */
export function modelEvent(event: ModelEvent): WebhookEvent {
  const { model, number, seal, version, type } = event;
  const subject = version === undefined ? 'model' : 'version';
  return webhookEvent(`${subject}.${type}`, describeEvent(event), {
    model,
    number,
    record: { ...event },
    seal,
  });
}

function webhookEvent(
  type: string,
  { at, actor, what, reason, version }: TimelineEntry,
  of: {
    readonly model: string;
    readonly number: number;
    readonly record: Readonly<Record<string, unknown>>;
    readonly seal: string;
  },
): WebhookEvent {
  const { model, number, record, seal } = of;
  return {
    id: `evt_${seal}`,
    type,
    timestamp: at,
    data: {
      model,
      ...(version !== undefined && { version }),
      actor,
      what,
      ...(reason !== undefined && { reason }),
      number,
      record,
    },
  };
}
