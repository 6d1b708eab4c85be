import { aliasNames } from '../aliases/alias-names.ts';
import type { AuditContext } from '../checks/audit-context.ts';
import { checkLabel, invalidOption } from '../checks/invalid-option.ts';
import { type EventDocument, readDocument } from '../events/event-document.ts';
import type { ModelEvent } from '../events/model-event.ts';
import { foldEvents, type ModelState } from '../events/model-state.ts';
import { parseGate } from '../gates/gate.ts';
import { buildTimeline, type TimelineEntry } from '../timeline/timeline.ts';
import { recordEvent } from './record-event.ts';
import type { RegistryLogs } from './registry-logs.ts';
import { TagsAndNotes } from './tags-and-notes.ts';
import { VersionHandle } from './version-handle.ts';

const MAX_GATES = 50;

/**
 * One model of a registry: its events, tags, notes and gates. Every event is stored in the model's hash-chained log, and none is
 * ever removed.
 *
 * Every method throws `RegistryError`: `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_INVALID_OPTION`, and the errors of the
 * registry's methods.
 *
 * @example
 * ```ts
 * import { folderStore, ModelRegistry } from '@fairlead/registry';
 *
 * const digits = new ModelRegistry({ store: folderStore('./registry') }).model('digits');
 * await digits.setTag('team', 'vision', { actor: 'ada' });
 * await digits.setGates('champion', ['accuracy >= 0.95'], { actor: 'ada' });
 * console.log((await digits.events()).map(({ type }) => type).join()); // tag-set,gates-set
 * ```
 */
export class ModelHandle extends TagsAndNotes {
  readonly name: string;
  readonly #logs: RegistryLogs;

  /** @internal */
  constructor(logs: RegistryLogs, name: string) {
    super(logs, { model: name });
    this.#logs = logs;
    this.name = name;
  }

  /** Handle of a version, which is looked up by each of its methods. */
  version(version: number): VersionHandle {
    return new VersionHandle(this.#logs, this.name, version);
  }

  /** All events, oldest first. */
  async events(): Promise<readonly ModelEvent[]> {
    return this.#logs.events(this.name).readAll();
  }

  /** Current tags, approvals, measurements and gates, folded from the events. */
  async state(): Promise<ModelState> {
    return foldEvents(await this.events());
  }

  /**
   * Pushes, changes of aliases and events, oldest first, each with actor, time, reason and gate results.
   *
   * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND`
   */
  async timeline(): Promise<readonly TimelineEntry[]> {
    const { store } = this.#logs;
    const manifests = await this.#logs.manifests(this.name);
    const aliases = await Promise.all(
      (await aliasNames(store, this.name)).map((alias) =>
        this.#logs.alias(this.name, alias).readAll(),
      ),
    );
    return buildTimeline(manifests, aliases, await this.events());
  }

  /**
   * Guards an alias: from now on it is only set to versions that pass `gates`; an empty list removes the guard.
   *
   * A gate is a text such as `accuracy >= 0.95`, `accuracy >= champion - 0.01`, `p99Ms <= 20`, `parity <= 1e-4`,
   * `goldenExamples 3`, `signatureCompatible` or `approvedBy 1`. A value is a metric of the manifest, else a measurement of that
   * name; `parity` and names that end in `Ms` are always measurements.
   */
  async setGates(
    alias: string,
    gates: readonly string[],
    audit: AuditContext,
  ): Promise<ModelEvent> {
    checkLabel('alias', alias);
    if (gates.length > MAX_GATES) throw invalidOption(`an alias has at most ${MAX_GATES} gates`);
    for (const gate of gates) parseGate(gate);
    const data = { alias, gates: gates.map((gate) => gate.trim()) };
    return recordEvent(this.#logs, { model: this.name }, 'gates-set', data, audit);
  }

  /**
   * Reads a document of an event, and returns it only if every byte is intact.
   *
   * @throws RegistryError `ERR_REGISTRY_CORRUPT`
   */
  async readDocument(document: EventDocument): Promise<Uint8Array> {
    this.#logs.events(this.name);
    return readDocument(this.#logs.store, this.name, document);
  }
}
