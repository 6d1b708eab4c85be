import { join } from 'node:path';
import type { Signature } from '@fairlead/signature';

const { captureFolder, openCapture } = await import('@fairlead/capture');
const { parquetSink } = await import('@fairlead/capture/parquet');

/** Signature of captured requests: one feature is sensitive. */
export const signature: Signature = {
  inputs: [
    {
      name: 'x',
      datatype: 'FP32',
      shape: [-1, 2],
      features: [{ name: 'age' }, { name: 'ssn', sensitive: true }],
    },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
};

/** A value of the sensitive feature, which must be stored nowhere. */
export const SENSITIVE = 987_654_321;

/** Captures requests of two rows each, unless they name another number, into the folder `captured`, as a gateway does. */
export async function captureRequests(
  folder: string,
  label: { readonly model: string; readonly version: string },
  requests: readonly {
    readonly id: string;
    readonly at: number;
    readonly key?: string;
    readonly rows?: 1 | 2;
  }[],
): Promise<void> {
  const recorder = await openCapture({
    spoolFolder: join(folder, 'state/captures'),
    sink: parquetSink({ objects: captureFolder(join(folder, 'captured')) }),
    signatureOf: () => signature,
    share: 1,
    keepRoutingKeys: true,
    closeTimeoutMs: 300_000,
  });
  for (const [index, { id, at, key, rows = 2 }] of requests.entries()) {
    const values = [30 + index, SENSITIVE, 40 + index, SENSITIVE];
    const data = Float32Array.from(values.slice(0, 2 * rows));
    const output = Float32Array.from([0.25, 0.75, 0.5, 0.5].slice(0, 2 * rows));
    const spec = { datatype: 'FP32', shape: [rows, 2] } as const;
    recorder.record({
      ...{ label, requestId: id, at, durationMs: 2.5 },
      ...(key !== undefined && { routingKey: key }),
      inputs: [{ name: 'x', ...spec, data }],
      outputs: [{ name: 'y', ...spec, data: output }],
    });
  }
  await recorder.close();
}
