import { BucketCounts } from './bucket-histogram.ts';
import type { FailureReason } from './inference-observer.ts';

/** Every failure reason, in the order in which they are shown. */
export const failureReasons: readonly FailureReason[] = [
  'REJECTED',
  'CANCELED',
  'BACKEND',
  'OTHER',
];

/** Bounds in seconds, which never change: only histograms with the same buckets can be added up across a fleet. */
const durationBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Running totals of one version. */
export interface VersionTally {
  readonly labels: Readonly<Record<'model' | 'version', string>>;
  pending: number;
  successes: number;
  readonly failures: Record<FailureReason, number>;
  cacheHits: number;
  cacheMisses: number;
  inferences: number;
  executions: number;
  requestMs: number;
  queueMs: number;
  computeMs: number;
  readonly requestSeconds: BucketCounts;
  readonly queueSeconds: BucketCounts;
  readonly batchSize: BucketCounts;
  /** Sequence number of the last use; larger is more recent. */
  lastUse: number;
  /** True if the tally is removed as soon as nothing is pending. */
  removing: boolean;
}

/** Tallies of all versions in use, at most `maxVersions` idle ones. */
export class VersionTallies {
  readonly #models = new Map<string, Map<string, VersionTally>>();
  readonly #maxVersions: number;
  #size = 0;
  #uses = 0;

  constructor(maxVersions: number) {
    this.#maxVersions = maxVersions;
  }

  find(model: string, version: string): VersionTally | undefined {
    return this.#models.get(model)?.get(version);
  }

  /** Returns the tally of a version in service, created at 0 on first use; cancels a pending removal. */
  obtain(model: string, version: string): VersionTally {
    const tally = this.find(model, version) ?? this.#add(model, version);
    this.#uses += 1;
    tally.lastUse = this.#uses;
    tally.removing = false;
    return tally;
  }

  /** Ends one pending request. */
  release(tally: VersionTally): void {
    if (tally.pending > 0) tally.pending -= 1;
    if (tally.removing && tally.pending === 0) this.#remove(tally);
  }

  forget(model: string, version: string): void {
    const tally = this.find(model, version);
    if (tally === undefined) return;
    if (tally.pending === 0) this.#remove(tally);
    else tally.removing = true;
  }

  *values(): Generator<VersionTally, void> {
    for (const versions of this.#models.values()) yield* versions.values();
  }

  #add(model: string, version: string): VersionTally {
    if (this.#size >= this.#maxVersions) this.#removeIdlest();
    const labels = { model, version };
    const tally: VersionTally = {
      labels,
      pending: 0,
      successes: 0,
      failures: { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 },
      cacheHits: 0,
      cacheMisses: 0,
      inferences: 0,
      executions: 0,
      requestMs: 0,
      queueMs: 0,
      computeMs: 0,
      requestSeconds: new BucketCounts(durationBuckets),
      queueSeconds: new BucketCounts(durationBuckets),
      batchSize: new BucketCounts(batchBuckets),
      lastUse: 0,
      removing: false,
    };
    let versions = this.#models.get(model);
    if (versions === undefined) {
      versions = new Map();
      this.#models.set(model, versions);
    }
    versions.set(version, tally);
    this.#size += 1;
    return tally;
  }

  #removeIdlest(): void {
    let idlest: VersionTally | undefined;
    for (const tally of this.values()) {
      if (tally.pending === 0 && tally.lastUse < (idlest?.lastUse ?? Infinity)) idlest = tally;
    }
    if (idlest !== undefined) this.#remove(idlest);
  }

  #remove({ labels }: VersionTally): void {
    const versions = this.#models.get(labels.model);
    versions?.delete(labels.version);
    if (versions?.size === 0) this.#models.delete(labels.model);
    this.#size -= 1;
  }
}
