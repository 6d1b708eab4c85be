import type { ParityReport } from '@fairlead/parity';
import { aliasNames } from '../aliases/alias-names.ts';
import { type AuditContext, auditOptions, checkAuditOptions } from '../checks/audit-context.ts';
import { invalidOption } from '../checks/invalid-option.ts';
import { RegistryError } from '../errors/registry-error.ts';
import type { ModelEvent } from '../events/model-event.ts';
import { readSignatures, signVersion } from '../signing/signatures.ts';
import { readPrivateKey } from '../signing/signing-key.ts';
import type { VersionSignature } from '../signing/version-signature.ts';
import { parityMeasurement, type RecordParityOptions } from './parity-measurement.ts';
import { type DriftChange, recordDrift } from './record-drift.ts';
import { type NewMeasurement, recordMeasurement } from './record-measurement.ts';
import { recordEvent } from './record-event.ts';
import type { RegistryLogs } from './registry-logs.ts';
import { TagsAndNotes } from './tags-and-notes.ts';

/** Settings of {@link VersionHandle.sign}. */
export interface SignOptions extends AuditContext {
  /** Private key of the signer, as PEM text: see `generateSigningKey`. */
  readonly privateKey: string;
}

/**
 * One version of a model: approvals, archival, measurements, drift, signatures, tags and notes.
 *
 * Every method throws `RegistryError`: `ERR_REGISTRY_MODEL_NOT_FOUND`, `ERR_REGISTRY_VERSION_NOT_FOUND`,
 * `ERR_REGISTRY_INVALID_OPTION`, and the errors of the registry's methods.
 *
 * @example
 * ```ts
 * import { folderStore, ModelRegistry } from '@fairlead/registry';
 *
 * const digits = new ModelRegistry({ store: folderStore('./registry') }).model('digits');
 * await digits.version(2).measure({ name: 'p99Ms', value: 12, actor: 'load test' });
 * await digits.version(2).approve({ actor: 'bob', reason: 'checked on our data' });
 * const state = (await digits.state()).versions.get(2);
 * console.log(state?.measurements.p99Ms?.value, state?.approvals[0]?.actor); // 12 bob
 * ```
 */
export class VersionHandle extends TagsAndNotes {
  readonly model: string;
  readonly version: number;
  readonly #logs: RegistryLogs;

  /** @internal */
  constructor(logs: RegistryLogs, model: string, version: number) {
    super(logs, { model, version });
    this.#logs = logs;
    this.model = model;
    this.version = version;
  }

  /** Approves the version, for the gate `approvedBy`; the approver must differ from the pusher. */
  async approve(audit: AuditContext): Promise<ModelEvent> {
    const { model, version } = this;
    checkAuditOptions('approve', audit, auditOptions);
    const { actor } = await this.#logs.manifest(model, version);
    if (actor === audit.actor) {
      throw invalidOption(
        `${actor} pushed version ${version} of "${model}": the approver must differ from the pusher`,
      );
    }
    return recordEvent(this.#logs, this, 'approved', {}, audit);
  }

  /** Withdraws the approval of `audit.actor`, if there is one. */
  withdrawApproval(audit: AuditContext): Promise<ModelEvent> {
    return recordEvent(this.#logs, this, 'approval-withdrawn', {}, audit);
  }

  /**
   * Archives the version: from now on no alias can be set to it.
   *
   * @throws RegistryError `ERR_REGISTRY_IN_USE` when an alias points to it.
   */
  async archive(audit: AuditContext): Promise<ModelEvent> {
    const { model, version } = this;
    const aliases = await this.#aliases();
    if (aliases.length > 0) {
      throw new RegistryError(
        'ERR_REGISTRY_IN_USE',
        `cannot archive version ${version} of "${model}": ${aliases.map((alias) => `"${alias}"`).join(', ')} ` +
          'points to it; set that alias to another version first',
      );
    }
    return recordEvent(this.#logs, this, 'archived', {}, audit);
  }

  /** Restores the version from the archive. */
  unarchive(audit: AuditContext): Promise<ModelEvent> {
    return recordEvent(this.#logs, this, 'unarchived', {}, audit);
  }

  /** Records a measurement, for gates such as `p99Ms <= 20`. */
  measure(measurement: NewMeasurement): Promise<ModelEvent> {
    return recordMeasurement(this.#logs, this, measurement);
  }

  /** Records a comparison with the original (`compareOutputs`) and its HTML page, for the gate `parity <= 1e-4`. */
  recordParity(report: ParityReport, options: RecordParityOptions): Promise<ModelEvent> {
    return this.measure(parityMeasurement(this, report, options));
  }

  /**
   * Records that drift of features or outputs began or ended, once for each verdict: of several writers, also after
   * a crash, one records it, and all resolve to the same event.
   */
  recordDrift(change: DriftChange): Promise<ModelEvent> {
    return recordDrift(this.#logs, this, change);
  }

  /**
   * Signs the version: its name and the digest of its manifest, which covers the hash of every file.
   *
   * @throws RegistryError `ERR_REGISTRY_INVALID_KEY`
   */
  async sign(options: SignOptions): Promise<VersionSignature> {
    const { privateKey, ...audit } = checkAuditOptions('sign', options, {
      ...auditOptions,
      privateKey: 'required',
    });
    const key = readPrivateKey(privateKey);
    const { store, now } = this.#logs;
    const manifest = await this.#logs.manifest(this.model, this.version);
    const { signature, created } = await signVersion(store, manifest, key, audit.actor, now());
    if (created) {
      await recordEvent(this.#logs, this, 'signed', { keyId: signature.keyId }, audit);
    }
    return signature;
  }

  /** Signatures of the version, each valid for the key that it names; `openVersion` checks whether the keys are trusted. */
  async signatures(): Promise<readonly VersionSignature[]> {
    return readSignatures(this.#logs.store, await this.#logs.manifest(this.model, this.version));
  }

  /** Aliases that point to the version. */
  async #aliases(): Promise<readonly string[]> {
    const { model, version } = this;
    await this.#logs.manifest(model, version);
    const names = await aliasNames(this.#logs.store, model);
    const current = names.map(async (alias) => {
      const entry = await this.#logs.alias(model, alias).newest();
      return entry?.version === version ? [alias] : [];
    });
    return (await Promise.all(current)).flat();
  }
}
