import { aliasLog } from '../aliases/alias-log.ts';
import { blobProblem } from '../blobs/blob.ts';
import { eventLog } from '../events/event-log.ts';
import { documentsOf, readDocument } from '../events/event-document.ts';
import { requireValidSignature, signatureKeyIds } from '../signing/signatures.ts';
import { BLOBS, blobKey, documentKey, signaturesFolder } from '../store/layout.ts';
import { aliasNames } from '../aliases/alias-names.ts';
import { modelNames } from '../versions/model-names.ts';
import type { Manifest } from '../versions/manifest.ts';
import type { ChainedRecord } from '../records/chained-record.ts';
import type { NumberedLog } from '../records/numbered-log.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError, type RegistryErrorCode } from '../errors/registry-error.ts';
import { prunedLog } from '../versions/pruned-record.ts';
import { versionLog } from '../versions/version-log.ts';
import { NamedBlobs, versionsMeant } from './required-blobs.ts';

/** One object that is damaged or missing. */
export interface VerifyProblem {
  readonly key: string;
  readonly code: RegistryErrorCode;
  readonly message: string;
}

/** Result of `verifyRegistry`. */
export interface VerifyReport {
  /** True without problems. */
  readonly ok: boolean;
  readonly problems: readonly VerifyProblem[];
  readonly manifests: number;
  readonly aliasEntries: number;
  readonly events: number;
  /** Documents that events keep. */
  readonly documents: number;
  /** Trust in their keys isn't checked. */
  readonly signatures: number;
  readonly blobs: number;
  /** Bytes of all blobs. */
  readonly blobBytes: number;
}

/**
 * Reads every byte of a registry, and reports each manifest, file, alias, event and signature that isn't intact; foreign
 * objects in the store are ignored.
 *
 * @throws RegistryError `ERR_REGISTRY_STORE_…` when the store fails.
 *
 * @example
 * ```ts
 * import { folderStore } from '@fairlead/registry';
 * import { verifyRegistry } from '@fairlead/registry/maintenance';
 *
 * const { ok, problems, manifests } = await verifyRegistry(folderStore('./registry'));
 * console.log(ok, problems.length, manifests); // true 0 2
 * ```
 */
export async function verifyRegistry(store: ObjectStore): Promise<VerifyReport> {
  const verifier = new Verifier(store);
  // Blobs last: a concurrent push creates them before the manifests that name them.
  for (const model of await modelNames(store)) await verifier.verifyModel(model);
  await verifier.verifyBlobs();
  return verifier.report();
}

/** Reads of one blob that is removed and stored again during each of them. */
const MAX_READS = 5;

class Verifier {
  readonly #store: ObjectStore;
  readonly #problems: VerifyProblem[] = [];
  readonly #named: NamedBlobs;
  #manifests = 0;
  #aliasEntries = 0;
  #events = 0;
  #documents = 0;
  #signatures = 0;
  #blobs = 0;
  #blobBytes = 0;

  constructor(store: ObjectStore) {
    this.#store = store;
    this.#named = new NamedBlobs(store);
  }

  report(): VerifyReport {
    return {
      ok: this.#problems.length === 0,
      problems: this.#problems,
      manifests: this.#manifests,
      aliasEntries: this.#aliasEntries,
      events: this.#events,
      documents: this.#documents,
      signatures: this.#signatures,
      blobs: this.#blobs,
      blobBytes: this.#blobBytes,
    };
  }

  async verifyModel(model: string): Promise<void> {
    const log = versionLog(this.#store, model);
    const digests = new Map<number, string>();
    const pruned = new Set(await prunedLog(this.#store, model).numbers());
    const meant = pruned.size === 0 ? new Set<number>() : await versionsMeant(this.#store, model);
    let due = 1;
    for (const version of await this.#numbers(log)) {
      for (; due < version; due += 1) {
        this.#corrupt(log.keyOf(due), `version ${due} is missing, and there is version ${version}`);
      }
      due = version + 1;
      const manifest = await this.#readRecord(log, version);
      this.#manifests += 1;
      if (manifest === undefined) continue;
      digests.set(version, manifest.seal);
      for (const keyId of await signatureKeyIds(this.#store, model, version)) {
        this.#signatures += 1;
        await this.#attempt(signaturesFolder(model, version), () =>
          requireValidSignature(this.#store, manifest, keyId),
        );
      }
      if (!(await this.#isPruned(pruned, meant, manifest))) {
        for (const problem of this.#named.add(log.keyOf(version), manifest)) {
          this.#corrupt(log.keyOf(version), problem);
        }
      }
    }
    for (const alias of await aliasNames(this.#store, model)) {
      await this.#verifyAlias(model, alias, digests);
    }
    await this.#verifyEvents(model, digests);
  }

  async #verifyEvents(model: string, digests: ReadonlyMap<number, string>): Promise<void> {
    const count = (): void => {
      this.#events += 1;
    };
    await this.#verifyChain(eventLog(this.#store, model), count, async (event, key) => {
      const { version } = event;
      const seal = version && (await this.#digestOf(model, version, digests));
      if (seal !== event.versionSeal) {
        this.#corrupt(
          key,
          `the manifest of version ${String(version)} is not the one of the event`,
        );
      }
      for (const document of documentsOf(event)) {
        this.#documents += 1;
        await this.#attempt(documentKey(model, document.sha256), () =>
          readDocument(this.#store, model, document),
        );
      }
    });
  }

  async #verifyAlias(
    model: string,
    alias: string,
    digests: ReadonlyMap<number, string>,
  ): Promise<void> {
    const count = (): void => {
      this.#aliasEntries += 1;
    };
    await this.#verifyChain(aliasLog(this.#store, model, alias), count, async (entry, key) => {
      if ((await this.#digestOf(model, entry.version, digests)) !== entry.versionSeal) {
        this.#corrupt(key, `the manifest of version ${entry.version} is not the one of the entry`);
      }
    });
  }

  /** Reads every record of a chained log; after a damaged record the chain is checked from the next one on. */
  async #verifyChain<R extends ChainedRecord>(
    log: NumberedLog<R>,
    count: () => void,
    check: (record: R, key: string) => Promise<void>,
  ): Promise<void> {
    let before: R | undefined;
    let broken = false;
    for (const number of await this.#numbers(log)) {
      const key = log.keyOf(number);
      const record = await this.#readRecord(log, number);
      count();
      if (record === undefined) {
        broken = true;
        continue;
      }
      const problem = broken ? undefined : log.chainProblem(before, record);
      if (problem !== undefined) this.#corrupt(key, problem);
      await check(record, key);
      before = record;
      broken = false;
    }
  }

  async verifyBlobs(): Promise<void> {
    for (const { name, kind } of await this.#store.list(BLOBS)) {
      if (kind !== 'object' || !/^[0-9a-f]{64}$/.test(name)) continue;
      await this.#attempt(blobKey(name), async () => {
        const size = await this.#store.size(blobKey(name));
        // Garbage collection removed it after it was listed; whether it is needed is seen below.
        if (size === undefined) return;
        this.#blobs += 1;
        this.#blobBytes += size;
        const problem = await this.#blobProblem(name);
        if (problem !== undefined) this.#corrupt(blobKey(name), problem);
      });
    }
    for (const sha256 of this.#named.sha256s) {
      await this.#attempt(blobKey(sha256), async () => {
        const problem = await this.#named.problemOf(sha256);
        if (problem !== undefined) this.#corrupt(blobKey(sha256), problem);
      });
    }
  }

  /** Reads a blob; one that garbage collection removed during the read is fine, and one that a push then stored again is read again. */
  async #blobProblem(sha256: string): Promise<string | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await blobProblem(this.#store, sha256);
      } catch (error) {
        if ((await this.#store.size(blobKey(sha256))) === undefined) return undefined;
        if (attempt === MAX_READS) throw error;
      }
    }
  }

  async #isPruned(
    pruned: ReadonlySet<number>,
    meant: ReadonlySet<number>,
    { model, version, seal }: Manifest,
  ): Promise<boolean> {
    if (!pruned.has(version)) return false;
    const log = prunedLog(this.#store, model);
    const record = await this.#readRecord(log, version);
    if (record !== undefined && record.versionSeal !== seal) {
      this.#corrupt(log.keyOf(version), `it is of another manifest of version ${version}`);
    }
    return !meant.has(version);
  }

  /** The numbers of a log, without the gaps that a listing has while records are added. */
  async #numbers<R>(log: NumberedLog<R>): Promise<readonly number[]> {
    const numbers = await log.numbers();
    return numbers.at(-1) === numbers.length || numbers.length === 0 ? numbers : log.numbers();
  }

  /** Digest of the manifest of a version, which may have been pushed after `digests` was made. */
  async #digestOf(
    model: string,
    version: number,
    digests: ReadonlyMap<number, string>,
  ): Promise<string | undefined> {
    const seal = digests.get(version);
    if (seal !== undefined) return seal;
    try {
      return (await versionLog(this.#store, model).read(version))?.seal;
    } catch {
      // It is reported where the version is verified.
      return undefined;
    }
  }

  async #readRecord<R>(log: NumberedLog<R>, number: number): Promise<R | undefined> {
    return this.#attempt(log.keyOf(number), () => log.read(number));
  }

  /** Runs `work`; what it finds wrong with an object is a problem, and a store that fails is still an error. */
  async #attempt<T>(key: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RegistryError) || isStoreFailure(error.code)) throw error;
      this.#problems.push({ key, code: error.code, message: error.message });
      return undefined;
    }
  }

  #corrupt(key: string, problem: string): void {
    this.#problems.push({ key, code: 'ERR_REGISTRY_CORRUPT', message: `${key}: ${problem}` });
  }
}

function isStoreFailure(code: RegistryErrorCode): boolean {
  return code.startsWith('ERR_REGISTRY_STORE_') && code !== 'ERR_REGISTRY_STORE_FOREIGN';
}
