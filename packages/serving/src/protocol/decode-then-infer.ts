import type { Codec } from '../codec/codec.ts';
import type { InferRequest, InferResult, InferTarget } from '../inference/infer-request.ts';
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

type DecodingCall = Pick<Call, 'codec' | 'infer' | 'decoded' | 'onDecoded'>;

/**
 * Decodes a request, unless that was done before, and has a model infer, a large request in another thread; an error of
 * decoding counts as a failed request of the model in either case.
 */
export async function decodeThenInfer<D>(
  { codec, infer, decoded: known, onDecoded }: DecodingCall,
  target: InferTarget,
  { isLarge, here, there }: Decoding<D>,
  requestOf: (decoded: D) => InferRequest,
): Promise<{ readonly decoded: D; readonly result: InferResult }> {
  let decoding = here;
  // The dialect that reads it is the one that it was decoded by.
  if (known !== undefined) decoding = () => known as D;
  else if (isLarge && codec !== undefined) decoding = await settle(there(codec));
  const read: { decoded?: D } = {};
  const result = await infer(target, () => {
    const decoded = decoding();
    onDecoded?.(decoded);
    read.decoded = decoded;
    return requestOf(decoded);
  });
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
