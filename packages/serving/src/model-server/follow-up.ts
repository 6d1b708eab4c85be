import type { Inferred, InferContext, InferRequest } from '../inference/infer-request.ts';
import type { VersionLabel } from '../inference/inference-observer.ts';
import type { InferenceRecord, InferenceRecorder } from '../inference/inference-recorder.ts';
import type { ServingEvent } from '../models/serving-event.ts';
import { RecordQueue } from './record-queue.ts';
import { ShadowRuns, type ShadowCopy } from './shadow-runs.ts';
import type { ChosenVersions } from './version-chooser.ts';

/** Recorder of a server that records nothing. */
export const NO_RECORDER: InferenceRecorder = {
  record: () => undefined,
  readsInputs: () => false,
};

/** Options of a {@link FollowUp}. */
export interface FollowUpOptions {
  readonly recorder: InferenceRecorder;
  readonly requestTimeoutMs: number;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly onEvent: (event: ServingEvent) => void;
}

/** Work after the answer of an inference was sent: the inference is recorded, and a copy may run on another version. */
export class FollowUp {
  readonly #records: RecordQueue;
  readonly #shadows: ShadowRuns;
  readonly #now: () => number;

  constructor({ recorder, onEvent, ...options }: FollowUpOptions) {
    this.#records = new RecordQueue({ recorder, onEvent });
    this.#shadows = new ShadowRuns(this.#records, options);
    this.#now = options.now;
  }

  /** Returns whether the inputs of a request are needed once `label` has computed. */
  needsInputs(
    label: VersionLabel,
    { requestId }: InferContext,
    chosen: ChosenVersions | undefined,
  ): boolean {
    return chosen?.shadow !== undefined || this.#records.readsInputs(label, requestId);
  }

  /** Waits for an inference, and queues its record; resolves or rejects as the inference does. */
  async after<I extends Inferred>(
    inference: Promise<I>,
    context: InferContext,
    chosen: ChosenVersions | undefined,
  ): Promise<I> {
    const at = this.#now();
    const startedAt = performance.now();
    const inferred = await inference;
    const durationMs = performance.now() - startedAt;
    const { result, decoded } = inferred;
    const { request } = decoded;
    const { requestId, client, routingKey, answer } = context;
    const record: InferenceRecord = {
      label: { model: result.model, version: result.version },
      requestId,
      client,
      routingKey,
      at,
      durationMs,
      inputs: request.inputs,
      outputs: result.outputs,
      ...(chosen?.variant !== undefined && { variant: chosen.variant }),
      ...(result.fallback !== undefined && { fallback: result.fallback }),
    };
    this.#records.add(record, answer);
    const { shadow, version: answering, routed } = chosen ?? {};
    if (shadow !== undefined) {
      this.#runShadow({ shadow, answering, routed }, request, record, context);
    }
    return inferred;
  }

  close(): Promise<void> {
    return this.#records.close();
  }

  #runShadow(
    copy: ShadowCopy,
    request: InferRequest,
    record: InferenceRecord,
    { answer }: InferContext,
  ): void {
    const run = (): void => {
      this.#shadows.run(copy, request, record);
    };
    if (answer === undefined) setImmediate(run);
    else answer.onSent(run);
  }
}
