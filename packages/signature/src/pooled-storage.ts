import { datatypes, type DataByDatatype, type Datatype } from './datatype.ts';

const POOL_BYTES = 64 * 1024;
/** Filling a larger array takes longer than allocating it. */
const MAX_POOLED_BYTES = 4 * 1024;
/** Maximum alignment of a typed array. */
const ALIGNMENT = 8;

let pool = new ArrayBuffer(POOL_BYTES);
let used = 0;

/**
 * Allocates zeroed storage for `length` elements; for a small tensor a part of a shared buffer.
 *
 * A separate buffer takes three times as long to allocate, and the garbage collector has to free it.
 */
export function pooledStorage<D extends Datatype>(datatype: D, length: number): DataByDatatype[D] {
  const { elementBytes, allocate, view } = datatypes[datatype];
  const bytes = length * (elementBytes ?? Infinity);
  if (view === undefined || !(bytes > 0 && bytes <= MAX_POOLED_BYTES)) return allocate(length);
  if (used + bytes > POOL_BYTES) {
    pool = new ArrayBuffer(POOL_BYTES);
    used = 0;
  }
  const storage = view(pool, used, length);
  used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  return storage;
}
