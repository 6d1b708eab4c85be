import type { Signature } from '@fairlead/signature';
import { checkInteger, checkOptions, invalidOption } from '../check-options.ts';
import type { CaptureSink } from '../spool/capture-sink.ts';
import type { CaptureLabel } from './captured-inference.ts';

/** Options of {@link openCapture}. */
export interface CaptureRecorderOptions {
  /** Folder in which requests wait to be stored; the processes of a host may share it, hosts and containers may not. */
  readonly spoolFolder: string;
  /** Stores complete spool files. */
  readonly sink: CaptureSink;
  /** Returns the signature of a version; requests of a version without one are not captured, since sensitive features aren't known. */
  readonly signatureOf: (label: CaptureLabel) => Signature | undefined;
  /**
   * Share of requests that is captured, above 0 to 1; the request id decides.
   * @defaultValue 0.1
   */
  readonly share?: number | undefined;
  /**
   * Secret that decides with the request id, so that clients that choose request ids can't choose what is captured; hosts with the
   * same secret decide the same.
   * @defaultValue none: the request id alone decides
   */
  readonly samplingSecret?: string | undefined;
  /**
   * Stores the routing key of a request, which may be personal; not a key that is the request id.
   * @defaultValue false
   */
  readonly keepRoutingKeys?: boolean | undefined;
  /**
   * A spool file is complete with so many rows.
   * @defaultValue 10000
   */
  readonly maxRows?: number | undefined;
  /**
   * A spool file is complete after so long, in milliseconds.
   * @defaultValue 300000 (5 min)
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * A spool file is complete with so many bytes.
   * @defaultValue 67108864 (64 MiB)
   */
  readonly maxFileBytes?: number | undefined;
  /**
   * Bytes of the tensors of a request at most; larger ones are lost, since encoding them would delay other requests.
   * @defaultValue 262144 (256 KiB)
   */
  readonly maxRequestBytes?: number | undefined;
  /**
   * Bytes in memory that wait to be written at most; further requests are lost.
   * @defaultValue 8388608 (8 MiB)
   */
  readonly maxBufferBytes?: number | undefined;
  /**
   * Bytes of this process in the spool folder at most, what it took over included; further requests are lost.
   * @defaultValue 536870912 (512 MiB)
   */
  readonly maxSpoolBytes?: number | undefined;
  /**
   * A sink that failed is tried again after so long, in milliseconds.
   * @defaultValue 30000
   */
  readonly retryMs?: number | undefined;
  /**
   * `close` waits for the sink for so long, in milliseconds.
   * @defaultValue 5000
   */
  readonly closeTimeoutMs?: number | undefined;
  /** Called with errors; an error that it throws is ignored. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** The clock, in milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

const HOUR_MS = 3_600_000;

/** @throws CaptureError `ERR_CAPTURE_INVALID_OPTION` */
export function checkRecorderOptions(options: CaptureRecorderOptions) {
  checkOptions('openCapture', options, {
    spoolFolder: 'required',
    sink: 'required',
    signatureOf: 'required',
    share: 'optional',
    samplingSecret: 'optional',
    keepRoutingKeys: 'optional',
    maxRows: 'optional',
    maxAgeMs: 'optional',
    maxFileBytes: 'optional',
    maxRequestBytes: 'optional',
    maxBufferBytes: 'optional',
    maxSpoolBytes: 'optional',
    retryMs: 'optional',
    closeTimeoutMs: 'optional',
    onError: 'optional',
    now: 'optional',
  });
  const {
    spoolFolder,
    sink,
    signatureOf,
    share = 0.1,
    samplingSecret,
    keepRoutingKeys = false,
    maxRows = 10_000,
    maxAgeMs = 300_000,
    maxFileBytes = 64 * 1024 * 1024,
    maxRequestBytes = 256 * 1024,
    maxBufferBytes = 8 * 1024 * 1024,
    maxSpoolBytes = 512 * 1024 * 1024,
    retryMs = 30_000,
    closeTimeoutMs = 5000,
    onError = () => undefined,
    now = Date.now,
  } = options;
  if (typeof spoolFolder !== 'string' || spoolFolder === '') {
    throw invalidOption('openCapture: spoolFolder must be the path of a folder.');
  }
  if (!(share > 0 && share <= 1)) {
    throw invalidOption(`openCapture: share must be above 0 and at most 1, got ${share}.`);
  }
  if (
    samplingSecret !== undefined &&
    (typeof samplingSecret !== 'string' || samplingSecret === '')
  ) {
    throw invalidOption('openCapture: samplingSecret must be a text that is not empty.');
  }
  checkInteger('openCapture: maxRows', maxRows, 1, 1_000_000);
  checkInteger('openCapture: maxAgeMs', maxAgeMs, 1, HOUR_MS);
  checkInteger('openCapture: maxFileBytes', maxFileBytes, 1, 2 ** 28);
  checkInteger('openCapture: maxRequestBytes', maxRequestBytes, 1, 2 ** 26);
  checkInteger('openCapture: maxBufferBytes', maxBufferBytes, 1, 2 ** 28);
  checkInteger('openCapture: maxSpoolBytes', maxSpoolBytes, 1, 2 ** 46);
  checkInteger('openCapture: retryMs', retryMs, 1, HOUR_MS);
  checkInteger('openCapture: closeTimeoutMs', closeTimeoutMs, 0, HOUR_MS);
  if (typeof (sink as Partial<CaptureSink>).add !== 'function') {
    throw invalidOption('openCapture: sink must have a method add, as a ParquetSink has.');
  }
  for (const [name, value] of Object.entries({ signatureOf, onError, now })) {
    if (typeof value === 'function') continue;
    throw invalidOption(`openCapture: ${name} must be a function, got ${typeof value}.`);
  }
  return {
    ...{
      spoolFolder,
      sink,
      signatureOf,
      share,
      samplingSecret,
      keepRoutingKeys,
      maxRows,
      maxAgeMs,
      maxFileBytes,
    },
    ...{ maxRequestBytes, maxBufferBytes, maxSpoolBytes, retryMs, closeTimeoutMs, now },
    onError: (error: unknown) => {
      try {
        onError(error);
      } catch {
        // Reporting an error must not lose a request.
      }
    },
  };
}
