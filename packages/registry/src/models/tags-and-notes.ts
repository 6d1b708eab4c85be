import type { AuditContext } from '../checks/audit-context.ts';
import { checkAuditText } from '../checks/audit-text.ts';
import { checkLabel, invalidOption } from '../checks/invalid-option.ts';
import type { ModelEvent } from '../events/model-event.ts';
import { type EventSubject, recordEvent } from './record-event.ts';
import type { RegistryLogs } from './registry-logs.ts';

const MAX_TAG_LENGTH = 4096;

/** Tags and notes of a model or a version. */
export class TagsAndNotes {
  readonly #logs: RegistryLogs;
  readonly #subject: EventSubject;

  constructor(logs: RegistryLogs, subject: EventSubject) {
    this.#logs = logs;
    this.#subject = subject;
  }

  /** Sets a tag; replaces a tag of the same name. */
  async setTag(name: string, value: string, audit: AuditContext): Promise<ModelEvent> {
    checkLabel('tag', name);
    if (value.length > MAX_TAG_LENGTH) {
      throw invalidOption(`the value of tag "${name}" is longer than ${MAX_TAG_LENGTH} characters`);
    }
    return recordEvent(this.#logs, this.#subject, 'tag-set', { name, value }, audit);
  }

  /** Deletes a tag, if it exists. */
  async deleteTag(name: string, audit: AuditContext): Promise<ModelEvent> {
    checkLabel('tag', name);
    return recordEvent(this.#logs, this.#subject, 'tag-deleted', { name }, audit);
  }

  /** Records a note, which is shown in the timeline. */
  async note(text: string, audit: AuditContext): Promise<ModelEvent> {
    checkAuditText('reason', text);
    return recordEvent(this.#logs, this.#subject, 'note', { text }, audit);
  }
}
