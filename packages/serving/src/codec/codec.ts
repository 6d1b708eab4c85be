/**
 * The functions that may run in another thread, by name.
 *
 * Each protocol adds the types of its functions to this interface; `codec-worker/codec-functions.ts` implements all.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the protocols declare its members
export interface CodecFunctions {}

/** Name of a function that may run in another thread. */
export type CodecName = keyof CodecFunctions;

/** Text of more bytes is decoded in another thread: less takes at most 20 ms, regardless of its content. */
export const MAX_INLINE_BYTES = 65_536;

/** More elements are written as text in another thread: fewer take at most 20 ms. */
export const MAX_INLINE_ELEMENTS = 65_536;

/** Runs decoders and encoders in other threads, so that large bodies don't hold the event loop. */
export interface Codec {
  /**
   * Runs the function of this name with copies of its arguments.
   *
   * @throws ServingError `ERR_SERVING_OVERLOADED` when as many wait as may, `ERR_SERVING_CLIENT_LIMIT` when as many of
   * one client wait as may, and every error of the function.
   */
  run<N extends CodecName>(
    name: N,
    ...args: Parameters<CodecFunctions[N]>
  ): Promise<ReturnType<CodecFunctions[N]>>;
  /** The same codec for the bodies of one client, where clients have separate limits. */
  forClient?(client: string): Codec;
}
