import type { Codec } from '../codec/codec.ts';
import type { InferRequest, InferResult, InferTarget } from '../infer-request.ts';
import type { Call } from './dialect.ts';

/** How the body of one request is decoded. */
export interface Decoding<D> {
  /** Whether decoding may hold the event loop for too long. */
  readonly isLarge: boolean;
  /** Decodes on the event loop. */
  readonly here: () => D;
  /** Decodes in another thread. */
  readonly there: (codec: Codec) => Promise<D>;
}

/**
 * Decodes a request and has a model infer, a large request in another thread; an error of decoding counts as a failed
 * request of the model in either case.
 */
export async function decodeThenInfer<D>(
  { codec, infer }: Pick<Call, 'codec' | 'infer'>,
  target: InferTarget,
  { isLarge, here, there }: Decoding<D>,
  requestOf: (decoded: D) => InferRequest,
): Promise<{ readonly decoded: D; readonly result: InferResult }> {
  const decoding = isLarge && codec !== undefined ? await settle(there(codec)) : here;
  const read: { decoded?: D } = {};
  const result = await infer(target, () => requestOf((read.decoded = decoding())));
  // Inference reads its request first.
  return { decoded: read.decoded as D, result };
}

async function settle<D>(work: Promise<D>): Promise<() => D> {
  try {
    const value = await work;
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
