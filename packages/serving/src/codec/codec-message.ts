import type { CodecName } from './codec.ts';
import type { PackedError } from './packed-error.ts';

/** To the thread: call one function. */
export interface CodecRequest {
  readonly name: CodecName;
  readonly args: unknown;
}

/** From the thread: what the function returned or threw. */
export type CodecResponse = { readonly value: unknown } | { readonly error: PackedError };
