import { MAX_INLINE_BYTES, MAX_INLINE_ELEMENTS } from '../../codec/codec.ts';
import type { InferRequest } from '../../inference/infer-request.ts';
import type { InferenceExchange } from '../protocol.ts';
import { checkRows } from '../row-outputs.ts';
import { countTextElements } from '../text-elements.ts';
import { decodePredict, type PredictRequest } from './decode-predict.ts';
import { encodePrediction } from './encode-prediction.ts';

interface DecodedPredict {
  readonly request: InferRequest;
  /** Number of instances sent; undefined for inputs in columns. */
  readonly rows: number | undefined;
}

/** The exchange of `predict`: rows or columns of inputs for predictions in the same layout. */
export const predictExchange: InferenceExchange<DecodedPredict> = {
  readsSignature: true,
  decode: (body, signature) => toDecoded(decodePredict(body, signature)),
  decodeIn(codec, body, signature) {
    if (body.length <= MAX_INLINE_BYTES) return undefined;
    return codec.run('decodePredict', body, signature).then(toDecoded);
  },
  async encode({ result: { outputs }, decoded: { rows }, signature }, codec) {
    if (rows !== undefined) checkRows(outputs, rows, signature);
    const inRows = rows !== undefined;
    const isLarge = countTextElements(outputs) > MAX_INLINE_ELEMENTS;
    return {
      body:
        isLarge && codec !== undefined
          ? await codec.run('encodePrediction', outputs, inRows)
          : encodePrediction(outputs, inRows),
    };
  },
};

function toDecoded({ inputs, rows }: PredictRequest): DecodedPredict {
  return { request: { inputs }, rows };
}
