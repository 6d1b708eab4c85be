import { checkAuditText } from '../checks/audit-text.ts';
import { parseGate } from '../gates/gate.ts';
import type { JsonValue } from '../records/json-value.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { documentKey } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Manifest } from '../versions/manifest.ts';
import { appendEvent, type EventLog } from '../events/event-log.ts';
import type { EventType, ModelEvent } from '../events/model-event.ts';
import {
  type EventDocument,
  MAX_DOCUMENT_BYTES,
  readDocument,
  sha256Of,
} from '../events/event-document.ts';
import { foldEvents, type ModelState } from '../events/model-state.ts';

/** Who does something to a model, and why. */
export interface Deed {
  readonly actor: string;
  readonly reason?: string;
}

/** What a tag is put on. */
export interface TagOptions extends Deed {
  /** The version; without it, the model itself. */
  readonly version?: number;
}

/** What was measured of a version. */
export interface NewMeasurement extends Deed {
  /** `p99Ms`, `parity`, … */
  readonly name: string;
  readonly value: number;
  /** Whatever else is to be known of it: the machine, the number of rows. */
  readonly details?: JsonValue;
  /** Reports to keep with it, by their names; together with what tells of them, at most 64. */
  readonly documents?: Readonly<Record<string, Uint8Array>>;
}

/**
 * What a {@link Journal} needs of its registry.
 *
 * @internal
 */
export interface JournalContext {
  readonly store: ObjectStore;
  readonly clock: () => Date;
  /** Opens the events of a model, whose name it checks. */
  readonly eventLog: (model: string) => EventLog;
  /** Reads a manifest that has to exist. */
  readonly manifest: (model: string, version: number) => Promise<Manifest>;
  /** Fails unless the model exists. */
  readonly checkModel: (model: string) => Promise<void>;
  /** The aliases of a model that mean `version` now. */
  readonly aliasesOf: (model: string, version: number) => Promise<readonly string[]>;
}

const MAX_DOCUMENTS = 64;
const MAX_GATES = 50;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._/-]{0,127}$/;

/**
 * What else happens to models: tags, archival, approvals, measurements, gates. Every event is kept in the model's
 * hash-chained log, and nothing is ever taken out of it.
 *
 * Every method throws `RegistryError`: `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`,
 * `ERR_REGISTRY_INVALID_ARGUMENT`, and what its registry's methods throw.
 */
export class Journal {
  readonly #context: JournalContext;

  /** @internal */
  constructor(context: JournalContext) {
    this.#context = context;
  }

  /** All events of a model, oldest first. */
  async events(model: string): Promise<readonly ModelEvent[]> {
    return this.#context.eventLog(model).readAll();
  }

  /** What the events of a model come to: tags, approvals, measurements, gates. */
  async state(model: string): Promise<ModelState> {
    return foldEvents(await this.events(model));
  }

  /** Puts a tag on a model or a version; one of the same name gives way. */
  async setTag(
    model: string,
    name: string,
    value: string,
    options: TagOptions,
  ): Promise<ModelEvent> {
    checkName('tag', name);
    if (value.length > 4096) throw invalid(`the value of tag "${name}" is longer than 4096`);
    return this.#record(model, options.version, 'tag-set', { name, value }, options);
  }

  /** Takes a tag away, if it is there. */
  async deleteTag(model: string, name: string, options: TagOptions): Promise<ModelEvent> {
    checkName('tag', name);
    return this.#record(model, options.version, 'tag-deleted', { name }, options);
  }

  /**
   * Archives a version: from now on no alias can be set to it.
   *
   * @throws RegistryError `ERR_REGISTRY_IN_USE` when an alias means it.
   */
  async archive(model: string, version: number, deed: Deed): Promise<ModelEvent> {
    const aliases = await this.#context.aliasesOf(model, version);
    if (aliases.length > 0) {
      throw new RegistryError(
        'ERR_REGISTRY_IN_USE',
        `cannot archive version ${version} of "${model}": ${aliases.map((alias) => `"${alias}"`).join(', ')} ` +
          'means it; set that to another version first',
      );
    }
    return this.#record(model, version, 'archived', {}, deed);
  }

  /** Takes a version back from the archive. */
  async unarchive(model: string, version: number, deed: Deed): Promise<ModelEvent> {
    return this.#record(model, version, 'unarchived', {}, deed);
  }

  /** Approves a version, for the gate `approvedBy`; who pushed it can't. */
  async approve(model: string, version: number, deed: Deed): Promise<ModelEvent> {
    const { actor } = await this.#context.manifest(model, version);
    if (actor === deed.actor) {
      throw invalid(
        `${actor} pushed version ${version} of "${model}": let somebody else approve it`,
      );
    }
    return this.#record(model, version, 'approved', {}, deed);
  }

  /** Withdraws the approval that `actor` gave, if any. */
  async withdrawApproval(model: string, version: number, deed: Deed): Promise<ModelEvent> {
    return this.#record(model, version, 'approval-withdrawn', {}, deed);
  }

  /** Records what was measured of a version, with who measured it: what gates such as `p99Ms <= 20` are decided by. */
  async measure(model: string, version: number, measurement: NewMeasurement): Promise<ModelEvent> {
    const { name, value, details, documents = {} } = measurement;
    checkName('measurement', name);
    if (!Number.isFinite(value))
      throw invalid(`${name} is ${value}: a measurement is a finite number`);
    // Before the documents: nothing is kept for a version that isn't there.
    await this.#context.manifest(model, version);
    const kept = await this.#keepDocuments(model, documents);
    const data = {
      name,
      value,
      ...(details !== undefined && { details }),
      ...(kept.length > 0 && { documents: kept.map((document) => ({ ...document })) }),
    };
    return this.#record(model, version, 'measured', data, measurement);
  }

  /**
   * Guards an alias: from now on it is only set to versions that pass `gates`; none removes the guard.
   *
   * A gate is a text such as `accuracy >= 0.95`, `accuracy >= champion - 0.01`, `p99Ms <= 20`, `parity <= 1e-4`,
   * `goldenExamples 3`, `signatureCompatible` or `approvedBy 1`. Metrics come from the manifest or, where that has none
   * of the name, were measured; `parity` and names that end in `Ms` count only when measured.
   */
  async setGates(
    model: string,
    alias: string,
    gates: readonly string[],
    deed: Deed,
  ): Promise<ModelEvent> {
    checkName('alias', alias);
    if (gates.length > MAX_GATES) throw invalid(`an alias has at most ${MAX_GATES} gates`);
    for (const gate of gates) parseGate(gate);
    const data = { alias, gates: gates.map((gate) => gate.trim()) };
    return this.#record(model, undefined, 'gates-set', data, deed);
  }

  /** Records a remark on a model or a version. */
  async note(model: string, text: string, options: TagOptions): Promise<ModelEvent> {
    checkAuditText('reason', text);
    return this.#record(model, options.version, 'note', { text }, options);
  }

  /**
   * Reads a document that an event keeps; nothing is handed out unless every byte is as it was written.
   *
   * @throws RegistryError `ERR_REGISTRY_CORRUPT`
   */
  async readDocument(model: string, document: EventDocument): Promise<Uint8Array> {
    this.#context.eventLog(model);
    return readDocument(this.#context.store, model, document);
  }

  /** Records that a version was signed; for `Signatures`. */
  async signed(model: string, version: number, keyId: string, deed: Deed): Promise<ModelEvent> {
    return this.#record(model, version, 'signed', { keyId }, deed);
  }

  async #keepDocuments(
    model: string,
    documents: Readonly<Record<string, Uint8Array>>,
  ): Promise<readonly EventDocument[]> {
    const entries = Object.entries(documents);
    if (entries.length > MAX_DOCUMENTS) throw invalid(`at most ${MAX_DOCUMENTS} documents`);
    const kept: EventDocument[] = [];
    for (const [name, bytes] of entries) {
      checkName('document', name);
      if (bytes.length > MAX_DOCUMENT_BYTES) {
        throw invalid(`document "${name}" has more than ${MAX_DOCUMENT_BYTES} bytes`);
      }
      const document = { name, sha256: sha256Of(bytes), size: bytes.length };
      if (!(await this.#context.store.create(documentKey(model, document.sha256), bytes))) {
        // It was kept before: the event shall not rest on a damaged copy.
        await this.readDocument(model, document);
      }
      kept.push(document);
    }
    return kept;
  }

  async #record(
    model: string,
    version: number | undefined,
    type: EventType,
    data: Readonly<Record<string, JsonValue>>,
    { actor, reason }: Deed,
  ): Promise<ModelEvent> {
    checkAuditText('actor', actor);
    if (reason !== undefined) checkAuditText('reason', reason);
    const { eventLog, manifest, checkModel, clock } = this.#context;
    const log = eventLog(model);
    const about = version === undefined ? undefined : await manifest(model, version);
    if (about === undefined) await checkModel(model);
    const event = {
      model,
      type,
      ...(about && { version: about.version, versionSeal: about.seal }),
      data,
      actor,
      ...(reason !== undefined && { reason }),
    };
    return appendEvent(log, event, clock());
  }
}

function checkName(what: string, name: string): void {
  if (NAME.test(name)) return;
  throw invalid(
    `${JSON.stringify(name.slice(0, 80))} cannot name a ${what}: use 1 to 128 letters, digits, ".", "_", "/" and "-"`,
  );
}

function invalid(problem: string): RegistryError {
  return new RegistryError('ERR_REGISTRY_INVALID_ARGUMENT', problem);
}
