import { checkOptions } from '../../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import type { decodeCsv, decodeScoring } from './decode-scoring.ts';
import type { encodeScores } from './encode-scores.ts';
import { ServingError } from '../../errors/serving-error.ts';
import type { Protocol, InferRoute, Route } from '../protocol.ts';
import { parametersOf } from '../media-type.ts';
import { describeMain, describeRead, type ScoringPart } from './describe-scoring.ts';
import { JSON_TYPE, type ScoringStyle } from './scoring-exchange.ts';
import { BODY_TYPES, healthRoute, invocationsRoute, READ } from './scoring-routes.ts';

declare module '../../codec/codec.ts' {
  interface CodecFunctions {
    readonly decodeCsv: typeof decodeCsv;
    readonly decodeScoring: typeof decodeScoring;
    readonly encodeScores: (...args: Parameters<typeof encodeScores>) => Buffer;
  }
}

/** Options of {@link mlflowScoring}. */
export interface ScoringOptions {
  /** The model of `POST /invocations`. */
  readonly model: string;
}

const optionNames: OptionNames<ScoringOptions> = {
  model: 'required',
};

/** MLflow reads CSV as pandas does, and answers in JSON regardless of `Accept`. */
const STYLE: ScoringStyle = { header: 'present', answers: [JSON_TYPE] };
const PART: ScoringPart = {
  protocol: 'mlflow',
  error: {
    type: 'object',
    required: ['error_code', 'message'],
    properties: { error_code: { type: 'string' }, message: { type: 'string' } },
  },
};

/**
 * Creates the protocol of MLflow's scoring server for one model: `/invocations` with JSON and CSV, `/ping`, `/health` and
 * `/version`.
 *
 * Predictions of a model with one output are that output; of several outputs, an object for each row, or for `inputs`
 * an object of columns.
 *
 * Source: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/
 *
 * @example
 * ```ts
 * import { inferenceTarget, mlflowScoring } from '@fairlead/serving';
 *
 * const req = { method: 'POST', url: '/invocations' };
 * console.log(inferenceTarget([mlflowScoring({ model: 'digits' })], req)?.model); // digits
 * ```
 */
export function mlflowScoring(options: ScoringOptions): Protocol {
  const { model } = checkOptions('mlflowScoring', options, optionNames);
  const routes: Readonly<Record<string, Route>> = {
    '/invocations': ofMlflow(invocationsRoute({ model }, STYLE)),
    '/ping': healthRoute(model),
    '/health': healthRoute(model),
    '/version': {
      methods: READ,
      answer: () => ({ body: 'fairlead\n', contentType: 'text/plain' }),
    },
  };
  return {
    name: 'mlflow',
    mediaTypes: BODY_TYPES,
    route: (path) => (Object.hasOwn(routes, path) ? routes[path] : undefined),
    describe: (models) => ({
      ...describeMain(PART, model, models),
      '/health': describeRead(PART, 'health', 'Whether the model can answer', 'text/plain'),
      '/version': describeRead(PART, 'version', 'What serves the model', 'text/plain'),
    }),
    describeError: ({ status, message }) =>
      JSON.stringify({ error_code: status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR', message }),
  };
}

/** MLflow takes a charset and no other parameter of a media type: one that it doesn't know might change the meaning. */
function ofMlflow(route: InferRoute): InferRoute {
  return {
    ...route,
    open(headers) {
      const names = [...parametersOf(headers['content-type']).keys()];
      const unknown = names.find((name) => name !== 'charset');
      if (unknown === undefined) return route.open(headers);
      const message = `a media type may have the parameter "charset", not ${JSON.stringify(unknown.slice(0, 100))}`;
      throw new ServingError('ERR_SERVING_UNSUPPORTED_MEDIA_TYPE', message);
    },
  };
}
