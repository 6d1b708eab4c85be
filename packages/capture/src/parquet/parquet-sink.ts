import { CaptureError } from '../capture-error.ts';
import { checkOptions, invalidOption } from '../check-options.ts';
import type { CaptureObjects } from '../objects/capture-objects.ts';
import type { CaptureSink } from '../spool/capture-sink.ts';
import { ConvertThread } from './convert-thread.ts';

/** Options of {@link parquetSink}. */
export interface ParquetSinkOptions {
  readonly objects: CaptureObjects;
  /** Called when lines of a file can't be read and are left out; an error that it throws is ignored. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Stores spool files as Parquet, partitioned as Hive does: `captures/model=churn/version=3/date=2026-11-28/hour=16/….parquet`.
 *
 * A worker thread converts them, until `close`. A repeated conversion of a file finds its own objects: each request is stored once.
 *
 * @throws CaptureError `ERR_CAPTURE_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { captureFolder, openCapture } from '@fairlead/capture';
 * import { parquetSink } from '@fairlead/capture/parquet';
 *
 * const signature = {
 *   inputs: [{ name: 'age', datatype: 'FP64', shape: [-1] }],
 *   outputs: [],
 * } as const;
 * const objects = captureFolder('./captured');
 * const recorder = await openCapture({
 *   spoolFolder: './captured/.spool',
 *   sink: parquetSink({ objects }),
 *   share: 1,
 *   signatureOf: () => signature,
 * });
 * recorder.record({
 *   label: { model: 'churn', version: '3' },
 *   ...{ requestId: 'a1', at: Date.UTC(2026, 10, 28, 16), durationMs: 2 },
 *   inputs: [{ name: 'age', datatype: 'FP64', shape: [2], data: Float64Array.of(44, 31) }],
 *   outputs: [],
 * });
 * await recorder.close();
 * const [hour] = await objects.list('captures/model=churn/version=3/date=2026-11-28');
 * console.log(hour?.name); // hour=16
 * ```
 */
export function parquetSink(options: ParquetSinkOptions): CaptureSink {
  const names = { objects: 'required', onError: 'optional' } as const;
  const { objects, onError } = checkOptions('parquetSink', options, names);
  if (typeof (objects as Partial<CaptureObjects>).create !== 'function') {
    throw invalidOption('parquetSink: objects must have a method create, as a captureFolder has.');
  }
  const thread = new ConvertThread();

  return {
    async add(file) {
      const { objects: converted, invalid } = await thread.convert(file);
      for (const { key, body } of converted) await objects.create(key, body);
      if (invalid === 0) return;
      const message = `${invalid} lines of the spool file ${file.id} can't be read and were left out`;
      try {
        onError?.(new CaptureError('ERR_CAPTURE_SPOOL_INVALID', message));
      } catch {
        // Reporting lines must not fail those that are stored.
      }
    },

    close: () => thread.close(),
  };
}
