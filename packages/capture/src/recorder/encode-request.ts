import type { Signature, Tensor } from '@fairlead/signature';
import { rowInput } from '../columns/captured-column.ts';
import { captureTensor } from '../columns/captured-tensor.ts';
import type { TensorColumns } from '../columns/tensor-columns.ts';
import type { CapturedRequest } from '../spool/captured-request.ts';
import type { CapturedInference } from './captured-inference.ts';

/** Result of {@link encodeRequest}. */
export interface EncodedRequest {
  readonly request: CapturedRequest;
  /** True if a tensor of the request doesn't fit to the signature. */
  readonly incomplete: boolean;
}

/** Returns the number of rows of a request. */
export function requestRows(signature: Signature, inputs: readonly Tensor[]): number {
  const spec = rowInput(signature);
  if (spec === undefined) return 1;
  return inputs.find(({ name }) => name === spec.name)?.shape[0] ?? 1;
}

/** Estimates the bytes of a request in a stored file, before anything is allocated: tensors without rows are repeated in each. */
export function requestBytes(
  captured: readonly TensorColumns[],
  record: CapturedInference,
  rows: number,
): number {
  let bytes = 0;
  for (const columns of captured) {
    const data = tensorOf(columns, record)?.data ?? [];
    let own = 0;
    if (ArrayBuffer.isView(data)) own = data.byteLength;
    else for (const element of data) own += element.byteLength;
    bytes += own * (columns.batched ? 1 : rows);
  }
  return bytes;
}

/** Encodes the captured columns of a request; other tensors and features are never read. */
export function encodeRequest(
  captured: readonly TensorColumns[],
  record: CapturedInference & { readonly requestId: string },
  rows: number,
  { weight, keepRoutingKeys }: { readonly weight: number; readonly keepRoutingKeys: boolean },
): EncodedRequest {
  const { label, requestId, at, durationMs, fallback, shadowOf } = record;
  if (!Number.isFinite(at)) throw new TypeError(`the time of ${requestId} is ${at}`);
  let incomplete = false;
  const tensors = captured.map((columns) => {
    const tensor = tensorOf(columns, record);
    if (tensor === undefined) return null;
    const encoded = captureTensor(columns, tensor, rows);
    incomplete ||= encoded === undefined;
    return encoded ?? null;
  });
  const request = {
    ...{ requestId, at: Math.floor(at), durationMs, rows, weight },
    variant: label.variant,
    // A request without a key is routed by its id, which is stored once.
    routingKey: keepRoutingKeys && record.routingKey !== requestId ? record.routingKey : undefined,
    shadowOf: shadowOf && nameOf(shadowOf),
    fallbackFrom: fallback && nameOf(fallback),
    tensors,
  };
  return { request, incomplete };
}

function tensorOf(
  { side, tensor }: TensorColumns,
  { inputs, outputs }: CapturedInference,
): Tensor | undefined {
  return (side === 'input' ? inputs : outputs).find(({ name }) => name === tensor);
}

function nameOf({ model, version }: NonNullable<CapturedInference['fallback']>): string {
  return version === undefined ? model : `${model}/${version}`;
}
