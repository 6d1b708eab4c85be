import type { Tensor } from '@fairlead/signature';
import type { CodecFunctions } from '../codec/codec.ts';
import { decodeInferMessage } from '../grpc/decode-infer-message.ts';
import { encodeModelInfer } from '../grpc/encode-model-infer.ts';
import type { Reply } from '../protocol/protocol.ts';
import { decodeInferRequest } from '../protocol/open-inference/decode-infer-request.ts';
import { encodeInferAnswer } from '../protocol/open-inference/encode-infer-answer.ts';
import { decodeCsv, decodeScoring } from '../protocol/scoring/decode-scoring.ts';
import { encodeScores } from '../protocol/scoring/encode-scores.ts';
import { checkStringCount } from '../protocol/string-limit.ts';
import { decodePredict } from '../protocol/tensorflow-serving/decode-predict.ts';
import { encodePrediction } from '../protocol/tensorflow-serving/encode-prediction.ts';
import { decodeUpstreamAnswer, encodeUpstreamRequest } from '../upstream/upstream-body.ts';

/** The functions that a codec's threads run: their arguments and results can be sent to another thread. */
export const codecFunctions: CodecFunctions = {
  decodeInferRequest,
  decodeInferMessage,
  decodePredict: (...args: Parameters<typeof decodePredict>) => limited(decodePredict(...args)),
  decodeCsv: (...args: Parameters<typeof decodeCsv>) => limited(decodeCsv(...args)),
  decodeScoring: (...args: Parameters<typeof decodeScoring>) => limited(decodeScoring(...args)),
  decodeUpstreamAnswer,
  encodeModelInfer,
  encodeInferAnswer: (...args: Parameters<typeof encodeInferAnswer>) =>
    inBytes(encodeInferAnswer(...args)),
  encodePrediction: (...args: Parameters<typeof encodePrediction>) =>
    Buffer.from(encodePrediction(...args)),
  encodeScores: (...args: Parameters<typeof encodeScores>) => Buffer.from(encodeScores(...args)),
  encodeUpstreamRequest: (...args: Parameters<typeof encodeUpstreamRequest>) =>
    Buffer.from(encodeUpstreamRequest(...args)),
};

function limited<D extends { readonly inputs: readonly Tensor[] }>(decoded: D): D {
  checkStringCount(decoded.inputs);
  return decoded;
}

/** Bytes are moved to the other thread, a text would be copied twice. */
function inBytes(reply: Reply): Reply {
  return typeof reply.body === 'string' ? { ...reply, body: Buffer.from(reply.body) } : reply;
}
