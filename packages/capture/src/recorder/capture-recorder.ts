import { randomUUID } from 'node:crypto';
import type { Signature } from '@fairlead/signature';
import { capturedColumns } from '../columns/captured-column.ts';
import { tensorColumns, type TensorColumns } from '../columns/tensor-columns.ts';
import { CaptureSpool } from '../spool/capture-spool.ts';
import type { SpoolVersion } from '../spool/spool-line.ts';
import type { CaptureCounts, CaptureLossReason } from './capture-counts.ts';
import { type CaptureRecorderOptions, checkRecorderOptions } from './capture-recorder-options.ts';
import type { CapturedInference, CaptureLabel } from './captured-inference.ts';
import { encodeRequest, requestBytes, requestRows } from './encode-request.ts';
import { isSampled, samplingKey } from './is-sampled.ts';

interface KnownVersion {
  readonly signature: Signature;
  readonly version: SpoolVersion;
  readonly captured: readonly TensorColumns[];
}

/** Versions whose columns are remembered. */
const MAX_VERSIONS = 256;

/**
 * Records a share of the inferences of a server in a spool folder, from which a sink stores them. {@link openCapture} opens one.
 *
 * It is an `InferenceRecorder` of `@fairlead/serving`; it never throws and never waits for a disk. What it loses is counted.
 */
export class CaptureRecorder {
  readonly #options: ReturnType<typeof checkRecorderOptions>;
  readonly #spool: CaptureSpool;
  readonly #samplingKey: string;
  readonly #versions = new Map<string, KnownVersion>();
  #seen = 0;
  #notSampled = 0;
  #captured = 0;
  #incomplete = 0;
  readonly #lost: Record<CaptureLossReason, number> = {
    'no-signature': 0,
    'too-large': 0,
    'buffer-full': 0,
    'spool-full': 0,
    'write-failed': 0,
    invalid: 0,
    closed: 0,
  };
  #closed = false;

  /** @internal */
  constructor(options: CaptureRecorderOptions) {
    this.#options = checkRecorderOptions(options);
    this.#samplingKey = samplingKey(this.#options.samplingSecret);
    this.#spool = new CaptureSpool({
      ...this.#options,
      folder: this.#options.spoolFolder,
      onLost: (requests) => {
        this.#captured -= requests;
        this.#lost['write-failed'] += requests;
      },
    });
  }

  /** @internal */
  async open(): Promise<this> {
    await this.#spool.open();
    return this;
  }

  /** Numbers of requests so far. */
  get counts(): CaptureCounts {
    return {
      seen: this.#seen,
      notSampled: this.#notSampled,
      captured: this.#captured,
      incomplete: this.#incomplete,
      waitingBytes: this.#spool.waitingBytes,
      lost: { ...this.#lost },
    };
  }

  /** Adds an answered inference to the spool, if its request id is in the sampled share. */
  record(record: CapturedInference): void {
    this.#seen += 1;
    try {
      const requestId = record.requestId ?? randomUUID();
      const lost = isSampled(requestId, this.#options.share, this.#samplingKey)
        ? this.#capture({ ...record, requestId })
        : 'not-sampled';
      if (lost === undefined) this.#captured += 1;
      else if (lost === 'not-sampled') this.#notSampled += 1;
      else this.#lost[lost] += 1;
    } catch (error) {
      this.#lost.invalid += 1;
      this.#options.onError(error);
    }
  }

  /** Returns whether a request is captured, as its id decides; true for one without an id. */
  readsInputs(_label: CaptureLabel, requestId: string | undefined): boolean {
    return requestId === undefined || isSampled(requestId, this.#options.share, this.#samplingKey);
  }

  /** Passes all captured requests to the sink, and waits until they are stored, or the sink has failed, which is reported. */
  async flush(): Promise<void> {
    await this.#spool.flush();
  }

  /** Passes all captured requests to the sink, and waits for it up to `closeTimeoutMs`; the next recorder stores the rest. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#spool.close(this.#options.closeTimeoutMs);
    await this.#options.sink.close?.();
  }

  #capture(
    record: CapturedInference & { readonly requestId: string },
  ): CaptureLossReason | undefined {
    if (this.#closed) return 'closed';
    const known = this.#versionOf(record.label);
    if (known === undefined) return 'no-signature';
    const { share, maxRequestBytes, keepRoutingKeys } = this.#options;
    const { captured } = known;
    const rows = requestRows(known.signature, record.inputs);
    if (requestBytes(captured, record, rows) > maxRequestBytes) return 'too-large';
    const options = { weight: 1 / share, keepRoutingKeys };
    const { request, incomplete } = encodeRequest(captured, record, rows, options);
    const lost = this.#spool.add(known.version, request);
    if (lost === undefined && incomplete) this.#incomplete += 1;
    return lost;
  }

  #versionOf(label: CaptureLabel): KnownVersion | undefined {
    const { model, version } = label;
    const key = `${model}\n${version}`;
    const known = this.#versions.get(key);
    if (known !== undefined) return known;
    const signature = this.#options.signatureOf(label);
    if (signature === undefined) return undefined;
    const columns = capturedColumns(signature);
    const captured = tensorColumns(columns);
    const added = { signature, version: { model, version, columns }, captured };
    if (this.#versions.size >= MAX_VERSIONS) this.#versions.clear();
    this.#versions.set(key, added);
    return added;
  }
}

/**
 * Opens a recorder of inferences, and takes over what killed processes left in its spool folder.
 *
 * @throws CaptureError `ERR_CAPTURE_INVALID_OPTION`; errors of the spool folder, which must be writable
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCapture } from '@fairlead/capture';
 *
 * const features = [{ name: 'age' }, { name: 'ssn', sensitive: true }];
 * const signature = {
 *   inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 2], features }],
 *   outputs: [],
 * } as const;
 * const lines: string[] = [];
 * const recorder = await openCapture({
 *   spoolFolder: './spool',
 *   share: 1,
 *   signatureOf: () => signature,
 *   // In place of `parquetSink` of @fairlead/capture/parquet.
 *   sink: {
 *     async add({ path }) {
 *       lines.push(...(await readFile(path, 'utf8')).trim().split('\n'));
 *     },
 *   },
 * });
 * recorder.record({
 *   label: { model: 'churn', version: '3' },
 *   ...{ requestId: 'a1', at: Date.now(), durationMs: 2 },
 *   inputs: [{ name: 'x', datatype: 'FP64', shape: [1, 2], data: Float64Array.of(44, 123456789) }],
 *   outputs: [],
 * });
 * await recorder.close();
 * const [x] = JSON.parse(lines[1] ?? '').request.tensors;
 * console.log(x.shape, Buffer.from(x.data, 'base64').readDoubleLE()); // [ 1, 1 ] 44
 * ```
 */
export async function openCapture(options: CaptureRecorderOptions): Promise<CaptureRecorder> {
  return new CaptureRecorder(options).open();
}
