import type { IncomingHttpHeaders } from 'node:http';
import type { Tensor } from '@fairlead/signature';
import { MAX_INLINE_BYTES, MAX_INLINE_ELEMENTS, type Codec } from '../../codec/codec.ts';
import { ServingError } from '../../errors/serving-error.ts';
import type { Inferred, InferResult } from '../../inference/infer-request.ts';
import type { InferenceExchange, Reply } from '../protocol.ts';
import { countTextElements } from '../text-elements.ts';
import { decodeInferRequest, type DecodedRequest } from './decode-infer-request.ts';
import { decodeRawRequest } from './decode-raw-request.ts';
import { encodeInferAnswer, type AnswerForm } from './encode-infer-answer.ts';
import type { OpenInferenceExtension } from './extension.ts';

/**
 * Begins a request for inference in the Open Inference Protocol, with the extensions that are on.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST`, `ERR_SERVING_UNSUPPORTED` for binary tensors where they are off.
 */
export function openExchange(
  headers: IncomingHttpHeaders,
  on: ReadonlySet<OpenInferenceExtension>,
): InferenceExchange<DecodedRequest> {
  const jsonBytes = readJsonBytes(headers);
  const offersBinary = on.has('binary_tensor_data');
  if (jsonBytes !== undefined && !offersBinary) throw notOffered('binary tensors');
  const isRaw = jsonBytes === 0;
  const check = (decoded: DecodedRequest): DecodedRequest => {
    if (decoded.classes !== undefined && !on.has('classification')) {
      throw notOffered('classification');
    }
    return decoded;
  };
  return {
    readsSignature: isRaw,
    binaryAt: jsonBytes,
    decode(body, signature, ownsBody) {
      return check(
        isRaw
          ? decodeRawRequest(body, signature, ownsBody)
          : decodeInferRequest(body, jsonBytes, ownsBody),
      );
    },
    decodeIn(codec, body) {
      if (isRaw || (jsonBytes ?? body.length) <= MAX_INLINE_BYTES) return undefined;
      return codec.run('decodeInferRequest', body, jsonBytes).then(check);
    },
    encode: (inferred, codec) => encode(inferred, offersBinary, codec),
  };
}

function encode(
  { result, decoded, signature }: Inferred<DecodedRequest>,
  offersBinary: boolean,
  codec: Codec | undefined,
): Reply | Promise<Reply> {
  const { classes, binary } = decoded;
  const form: AnswerForm = {
    binary: offersBinary ? binary : { byDefault: false },
    ...(classes !== undefined && { classes, specs: signature.outputs }),
  };
  const written = classes === undefined ? writtenAsText(result, form) : result.outputs;
  const isLarge = countTextElements(written) > MAX_INLINE_ELEMENTS;
  return isLarge && codec !== undefined
    ? codec.run('encodeInferAnswer', result, form)
    : encodeInferAnswer(result, form);
}

function writtenAsText(
  { outputs }: InferResult,
  { binary: { byDefault, named } }: AnswerForm,
): readonly Tensor[] {
  if (named === undefined) return byDefault ? [] : outputs;
  return outputs.filter(({ name }) => !(named.get(name) ?? byDefault));
}

function notOffered(what: string): ServingError {
  return new ServingError('ERR_SERVING_UNSUPPORTED', `this server doesn't offer ${what}`);
}

/** Number of bytes of the body that are JSON; 0 for none, and undefined for all of them. */
function readJsonBytes(headers: IncomingHttpHeaders): number | undefined {
  const header = headers['inference-header-content-length'];
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  const message = `Inference-Header-Content-Length is ${JSON.stringify(header)}; it must be a number of bytes`;
  throw new ServingError('ERR_SERVING_BAD_REQUEST', message);
}
