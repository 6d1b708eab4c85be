import { randomUUID } from 'node:crypto';
import type { Signature, Tensor } from '@fairlead/signature';
import { type CapturedColumn, rowInput } from '../columns/captured-column.ts';
import { columnValues } from '../columns/column-values.ts';
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

/** Estimates the bytes of a request in a spool file, before anything is allocated: tensors without rows are repeated in each. */
export function requestBytes(
  columns: readonly CapturedColumn[],
  { inputs, outputs }: CapturedInference,
  rows: number,
): number {
  const repeated = new Map(columns.map(({ tensor, batched }) => [tensor, batched ? 1 : rows]));
  let bytes = 0;
  for (const tensor of [...inputs, ...outputs]) {
    const { name, data } = tensor;
    let own = 0;
    if (ArrayBuffer.isView(data)) own = data.byteLength;
    else for (const element of data) own += element.byteLength;
    bytes += own * (repeated.get(name) ?? 0);
  }
  return bytes;
}

/** Encodes the captured columns of a request; other tensors and features are never read. */
export function encodeRequest(
  columns: readonly CapturedColumn[],
  record: CapturedInference,
  rows: number,
  { weight, keepRoutingKeys }: { readonly weight: number; readonly keepRoutingKeys: boolean },
): EncodedRequest {
  const { label, requestId = randomUUID(), at, durationMs, fallback, shadowOf } = record;
  if (!Number.isFinite(at)) throw new TypeError(`the time of ${requestId} is ${at}`);
  let incomplete = false;
  const values = columns.map((column) => {
    const tensors = column.side === 'input' ? record.inputs : record.outputs;
    const tensor = tensors.find(({ name }) => name === column.tensor);
    if (tensor === undefined) return null;
    const value = columnValues(column, tensor, rows);
    incomplete ||= value === undefined;
    return value ?? null;
  });
  const request = {
    ...{ requestId, at: Math.floor(at), durationMs, rows, weight },
    ...(label.variant !== undefined && { variant: label.variant }),
    // A request without a key is routed by its id, which is stored once.
    ...(keepRoutingKeys && record.routingKey !== requestId && { routingKey: record.routingKey }),
    ...(shadowOf !== undefined && { shadowOf: nameOf(shadowOf) }),
    ...(fallback !== undefined && { fallbackFrom: nameOf(fallback) }),
    values,
  };
  return { request, incomplete };
}

function nameOf({ model, version }: NonNullable<CapturedInference['fallback']>): string {
  return version === undefined ? model : `${model}/${version}`;
}
