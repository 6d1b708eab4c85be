import type { Tensor } from '@fairlead/signature';
import type { FallbackNote } from './fallback-note.ts';
import type { VersionLabel } from './inference-observer.ts';

/** One inference that was answered. */
export interface InferenceRecord {
  /** The version that computed the outputs. */
  readonly label: VersionLabel;
  readonly requestId?: string | undefined;
  /** The client that sent the request, where the server knows it. */
  readonly client?: string | undefined;
  /** The key that the version was chosen by. */
  readonly routingKey?: string | undefined;
  /** The variant of an experiment that the version was chosen as. */
  readonly variant?: string | undefined;
  /** Milliseconds since the epoch at which the request was taken in, by the clock `now` of the server. */
  readonly at: number;
  /** Milliseconds from then to the outputs. */
  readonly durationMs: number;
  /** Tensors as the request held them; they must not be written into. */
  readonly inputs: readonly Tensor[];
  /** Tensors that were answered: those that the request named, else all. They must not be written into. */
  readonly outputs: readonly Tensor[];
  /** Set when a fallback answered. */
  readonly fallback?: FallbackNote | undefined;
  /** Set when a copy of a request was computed beside its answer: the version that answered. */
  readonly shadowOf?: VersionLabel | undefined;
}

/** Records inferences; a capture or a window of monitoring implements it. */
export interface InferenceRecorder {
  /**
   * Called once for each answered inference, after the answer was sent.
   *
   * An error, thrown or rejected, costs the record and nothing else. While too many records wait, further ones are dropped.
   */
  record(record: InferenceRecord): void | Promise<void>;
  /**
   * Returns whether {@link record} will read the inputs of a request. Where it won't, their storage may be moved to the model without a copy, and
   * their `data` is empty in the record.
   *
   * @param label - the version that computes
   * @defaultValue they are read
   */
  readsInputs?(label: VersionLabel, requestId: string | undefined): boolean;
}
