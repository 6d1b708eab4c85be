import { datatypes, type DataByDatatype, type Datatype } from './datatype.ts';

const POOL_BYTES = 64 * 1024;
/** What is larger costs more to fill than to allocate. */
const MAX_POOLED_BYTES = 4 * 1024;
/** The largest alignment that a typed array asks for. */
const ALIGNMENT = 8;

let pool = new ArrayBuffer(POOL_BYTES);
let used = 0;

/**
 * Makes zeroed storage for `length` elements, which for a small tensor is a part of a buffer that others share.
 *
 * A buffer of its own takes three times as long to allocate, and the garbage collector has to give it back.
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
