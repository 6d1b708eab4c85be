import type { IncomingHttpHeaders } from 'node:http';
import type { CsvOptions } from '@fairlead/signature';
import { MAX_INLINE_BYTES, MAX_INLINE_ELEMENTS, type Codec } from '../../codec/codec.ts';
import { ServingError } from '../../errors/serving-error.ts';
import type { Inferred, InferRequest } from '../../inference/infer-request.ts';
import { acceptedType } from '../accept.ts';
import type { InferenceExchange, Reply } from '../protocol.ts';
import { mediaTypeOf } from '../media-type.ts';
import { checkRows } from '../row-outputs.ts';
import { countTextElements } from '../text-elements.ts';
import { decodeCsv, decodeScoring, type ScoringRequest } from './decode-scoring.ts';
import { encodeScores, type ScoresForm } from './encode-scores.ts';

export const JSON_TYPE = 'application/json';
export const CSV_TYPE = 'text/csv';

/** Differences of scoring between the protocols. */
export interface ScoringStyle {
  /** True if CSV begins with the names of the columns. */
  readonly header: CsvOptions['header'];
  /** Media types of answers, the usual one first; the header `Accept` chooses where there are several. */
  readonly answers: readonly string[];
}

interface DecodedScoring {
  readonly request: InferRequest;
  /** Number of rows sent, if predictions are returned row by row; undefined if column by column. */
  readonly rows: number | undefined;
}

/**
 * Begins a scoring request: JSON or CSV for predictions in JSON, or in CSV where the style answers it.
 *
 * @throws ServingError `ERR_SERVING_NOT_ACCEPTABLE`.
 */
export function openScoring(
  headers: IncomingHttpHeaders,
  { header, answers }: ScoringStyle,
): InferenceExchange<DecodedScoring> {
  const contentType = answers.length === 1 ? answers[0] : acceptedType(headers.accept, answers);
  if (contentType === undefined) throw notAcceptable(headers.accept, answers);
  const isCsv = mediaTypeOf(headers['content-type']) === CSV_TYPE;
  return {
    readsSignature: true,
    decode(body, signature) {
      return toDecoded(isCsv ? decodeCsv(body, signature, header) : decodeScoring(body, signature));
    },
    decodeIn(codec, body, signature) {
      if (body.length <= MAX_INLINE_BYTES) return undefined;
      const decoding = isCsv
        ? codec.run('decodeCsv', body, signature, header)
        : codec.run('decodeScoring', body, signature);
      return decoding.then(toDecoded);
    },
    encode: (inferred, codec) => encode(inferred, contentType, codec),
  };
}

function toDecoded({ inputs, rows }: ScoringRequest): DecodedScoring {
  return { request: { inputs }, rows };
}

async function encode(
  { result: { outputs }, decoded, signature }: Inferred<DecodedScoring>,
  contentType: string,
  codec: Codec | undefined,
): Promise<Reply> {
  const asCsv = contentType === CSV_TYPE;
  let form: ScoresForm = decoded.rows === undefined ? 'columns' : 'rows';
  let { rows } = decoded;
  if (asCsv) {
    form = 'csv';
    rows ??= decoded.request.inputs[0]?.shape[0] ?? 1;
    checkRows(outputs, rows, signature, 'accept application/json instead of CSV');
  } else if (rows !== undefined) checkRows(outputs, rows, signature);
  const isLarge = countTextElements(outputs) > MAX_INLINE_ELEMENTS;
  return {
    body:
      isLarge && codec !== undefined
        ? await codec.run('encodeScores', outputs, form, rows)
        : encodeScores(outputs, form, rows),
    ...(asCsv && { contentType }),
  };
}

function notAcceptable(accept = '', answers: readonly string[]): ServingError {
  const message = `the answer can be ${answers.join(' or ')}, and Accept is ${JSON.stringify(accept.slice(0, 100))}`;
  return new ServingError('ERR_SERVING_NOT_ACCEPTABLE', message);
}
