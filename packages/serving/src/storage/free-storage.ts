import type { Tensor } from '@fairlead/signature';

/** Smaller buffers cost the garbage collector less than freeing each of them. */
const MIN_BYTES = 16 * 1024;

/**
 * Frees the memory of a view now, in place of at the next garbage collection; the view and all others of its buffer are
 * empty afterwards.
 *
 * A view of a part of its buffer isn't freed unless `all` is set: the rest may be in use.
 */
export function freeStorage({ buffer, byteLength }: ArrayBufferView, all = false): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < MIN_BYTES) return;
  // The memory is freed with the transfer, not with the buffer of no bytes that it returns.
  if (all || byteLength === buffer.byteLength) buffer.transfer(0);
}

/** Frees the storage of tensors that nothing needs any more, and that nothing else shares. */
export function freeTensors(tensors: readonly Tensor[]): void {
  for (const { datatype, data } of tensors) if (datatype !== 'BYTES') freeStorage(data, true);
}
