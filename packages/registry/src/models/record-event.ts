import { type AuditContext, auditOptions, checkAuditOptions } from '../checks/audit-context.ts';
import { appendEvent } from '../events/event-log.ts';
import type { EventType, ModelEvent } from '../events/model-event.ts';
import type { JsonValue } from '../records/json-value.ts';
import type { RegistryLogs } from './registry-logs.ts';

/** Subject of an event: a model, or one of its versions. */
export interface EventSubject {
  readonly model: string;
  readonly version?: number;
}

/** Records an event of a model or a version that has to exist; with `isSame` unless there is such an event. */
export async function recordEvent(
  logs: RegistryLogs,
  { model, version }: EventSubject,
  type: EventType,
  data: Readonly<Record<string, JsonValue>>,
  audit: AuditContext,
  isSame?: (event: ModelEvent) => boolean,
): Promise<ModelEvent> {
  const { actor, reason } = checkAuditOptions(`the event "${type}"`, audit, auditOptions);
  const log = logs.events(model);
  const about = version === undefined ? undefined : await logs.manifest(model, version);
  if (about === undefined) await logs.requireModel(model);
  const event = {
    model,
    type,
    ...(about && { version: about.version, versionSeal: about.seal }),
    data,
    actor,
    ...(reason !== undefined && { reason }),
  };
  return appendEvent(log, event, logs.now(), isSame);
}
