/** Reasons for which a sampled request is not captured. */
export type CaptureLossReason =
  /** The version has no known signature, so that its sensitive features are unknown. */
  | 'no-signature'
  /** The request is larger than `maxRequestBytes`. */
  | 'too-large'
  /** More than `maxBufferBytes` wait to be written. */
  | 'buffer-full'
  /** The spool folder holds `maxSpoolBytes`, because the store was away for too long. */
  | 'spool-full'
  /** The spool file can't be written. */
  | 'write-failed'
  /** The request can't be encoded. */
  | 'invalid'
  /** The recorder was closed. */
  | 'closed';

/**
 * Requests that a recorder received since it was opened; `seen` is the sum of `notSampled`, `captured` and all of `lost`.
 */
export interface CaptureCounts {
  readonly seen: number;
  readonly notSampled: number;
  /** Requests that are in the spool folder or the store, or wait to be written. */
  readonly captured: number;
  /** Captured requests of which a tensor didn't fit to the signature and was left out. */
  readonly incomplete: number;
  /** Bytes in memory and in the spool folder that wait to be stored, with those that this process took over. */
  readonly waitingBytes: number;
  readonly lost: Readonly<Record<CaptureLossReason, number>>;
}
