import type { CsvOptions, Signature } from '@fairlead/signature';
import { MAX_INLINE_BYTES, MAX_INLINE_ELEMENTS } from '../../codec/codec.ts';
import type { InferTarget } from '../../inference/infer-request.ts';
import type { Call, Dialect, Reply, Route } from '../dialect.ts';
import { ServingError } from '../../errors/serving-error.ts';
import { badRequest, decodeJsonBody, type JsonObject } from '../json-body.ts';
import { mediaTypeOf, parametersOf } from '../media-type.ts';
import { acceptedType } from '../accept.ts';
import { decodeThenInfer, type Decoding } from '../decode-then-infer.ts';
import { checkRows } from '../row-outputs.ts';
import { countTextElements } from '../text-elements.ts';
import {
  errorSchema,
  operation,
  type DescribedModel,
  type Paths,
} from '../../openapi-schema/operation.ts';
import { describeInvocations, describeRead, type ScoringPart } from './describe-scoring.ts';
import { decodeCsv, decodeScoring, type ScoringRequest } from './decode-scoring.ts';
import { encodeScores, type ScoresForm } from './encode-scores.ts';

declare module '../../codec/codec.ts' {
  interface CodecFunctions {
    readonly decodeCsv: typeof decodeCsv;
    readonly decodeScoring: typeof decodeScoring;
    readonly encodeScores: (...args: Parameters<typeof encodeScores>) => Buffer;
  }
}

/** Options of {@link mlflowScoring}. */
export interface ScoringOptions {
  /** The model that `POST /invocations` asks. */
  readonly model: string;
}

/** Options of {@link sageMaker}. */
export interface SageMakerOptions extends ScoringOptions {
  /**
   * Whether `POST /models` and `DELETE /models/<name>` load and unload models. Where it is on, see to it with
   * {@link requestAccess} that only administrators do.
   * @defaultValue false
   */
  readonly modelControl?: boolean;
}

const MODEL_PATH = /^\/models\/([a-z0-9._-]+)(\/invoke)?$/;
const READ = ['GET', 'HEAD'];
const JSON_TYPE = 'application/json';
const CSV_TYPE = 'text/csv';
const BODY_TYPES = [JSON_TYPE, CSV_TYPE];

/** How scoring differs between the protocols. */
interface ScoringStyle {
  /** Whether CSV begins with the names of the columns. */
  readonly header: CsvOptions['header'];
  /** Media types of answers, the usual one first; the header `Accept` chooses where there are several. */
  readonly answers: readonly string[];
}

/** MLflow reads CSV as pandas does, and answers in JSON whatever is accepted. */
const MLFLOW_STYLE: ScoringStyle = { header: 'present', answers: [JSON_TYPE] };
/** SageMaker's CSV has no names. Source: https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html */
const SAGEMAKER_STYLE: ScoringStyle = { header: 'detect', answers: BODY_TYPES };
const SAGEMAKER: ScoringPart = { dialect: 'sagemaker', error: errorSchema };
const MLFLOW: ScoringPart = {
  dialect: 'mlflow',
  error: {
    type: 'object',
    required: ['error_code', 'message'],
    properties: { error_code: { type: 'string' }, message: { type: 'string' } },
  },
};

/**
 * Makes the dialect of MLflow's scoring server for one model: `/invocations` with JSON and CSV, `/ping`, `/health` and
 * `/version`.
 *
 * Predictions of a model with one output are that output; of several outputs, an object for each row, or for `inputs`
 * an object of columns.
 *
 * Source: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/
 */
export function mlflowScoring({ model }: ScoringOptions): Dialect {
  const routes: Readonly<Record<string, Route>> = {
    '/invocations': ofMlflow(invocations({ model }, MLFLOW_STYLE)),
    '/ping': health(model),
    '/health': health(model),
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
      ...describeMain(MLFLOW, model, models),
      '/health': describeRead(MLFLOW, 'health', 'Whether the model can answer', 'text/plain'),
      '/version': describeRead(MLFLOW, 'version', 'What serves the model', 'text/plain'),
    }),
    describeError: ({ status, message }) =>
      JSON.stringify({ error_code: status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR', message }),
  };
}

/**
 * Makes the dialect of a SageMaker container: `/ping` and `/invocations` for one model, and of a multi-model one
 * `GET /models`, `GET /models/<name>` and `POST /models/<name>/invoke` for all that are served; with `modelControl` also
 * `POST /models` and `DELETE /models/<name>`.
 *
 * Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html and
 * https://docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
 */
export function sageMaker({ model, modelControl = false }: SageMakerOptions): Dialect {
  const ping = health(model);
  const invoke = invocations({ model }, SAGEMAKER_STYLE);
  const models = listRoute(modelControl);
  return {
    name: 'sagemaker',
    mediaTypes: BODY_TYPES,
    route(path) {
      if (path === '/ping') return ping;
      if (path === '/invocations') return invoke;
      if (path === '/models') return models;
      const [, name, verb] = MODEL_PATH.exec(path) ?? [];
      if (name === undefined) return undefined;
      return verb === undefined
        ? modelRoute(name, modelControl)
        : invocations({ model: name }, SAGEMAKER_STYLE);
    },
    describe: (loaded) => describeSageMaker(model, loaded, modelControl),
    describeError: ({ message }) => JSON.stringify({ error: message }),
  };
}

function describeMain(part: ScoringPart, model: string, models: readonly DescribedModel[]): Paths {
  const main = models.find(({ name }) => name === model);
  return {
    ...(main && { '/invocations': { post: describeInvocations(part, main) } }),
    '/ping': describeRead(part, 'ping', 'Whether the model can answer', 'text/plain'),
  };
}

function describeSageMaker(
  main: string,
  models: readonly DescribedModel[],
  modelControl: boolean,
): Paths {
  const { error } = SAGEMAKER;
  const paths: Record<string, Paths[string]> = {
    ...describeMain(SAGEMAKER, main, models),
    '/models': {
      ...describeRead(SAGEMAKER, 'models', 'The models that are served'),
      ...(modelControl && {
        post: operation({
          id: 'sagemaker.load',
          summary: 'Load a model',
          tag: 'sagemaker',
          body: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['model_name'],
                properties: { model_name: { type: 'string' }, url: { type: 'string' } },
              },
            },
          },
          error,
        }),
      }),
    },
  };
  for (const model of models) {
    const { name } = model;
    if (!MODEL_PATH.test(`/models/${name}`)) continue;
    paths[`/models/${name}`] = {
      ...describeRead(SAGEMAKER, `model.${name}`, `Whether ${name} is served`),
      ...(modelControl && {
        delete: operation({
          id: `sagemaker.unload.${name}`,
          summary: 'Unload it',
          tag: name,
          error,
        }),
      }),
    };
    paths[`/models/${name}/invoke`] = {
      post: describeInvocations(SAGEMAKER, model, `invoke.${name}`),
    };
  }
  return paths;
}

function listRoute(modelControl: boolean): Route {
  return {
    methods: modelControl ? [...READ, 'POST'] : READ,
    ...(modelControl && {
      mediaTypes: ['application/json'],
      maxBodyBytes: MAX_INLINE_BYTES,
      administers: true,
    }),
    async answer({ server, req, body }) {
      if (req.method !== 'POST') return { body: listModels(server.models) };
      const name = decodeJsonBody(body, '{"model_name":…}', readModelName);
      if (server.models.includes(name)) {
        const message = `model "${name}" is loaded already`;
        throw new ServingError('ERR_SERVING_ALREADY_LOADED', message);
      }
      await server.load(name);
      return { body: JSON.stringify(describeModel(name)) };
    },
  };
}

/** `url` says where SageMaker put the artifacts; models come from the source by their names, wherever a client points. */
function readModelName({ model_name: name, url }: JsonObject): string {
  if (typeof name !== 'string' || name === '') throw badRequest('"model_name" must be a name');
  if (typeof (url ?? '') !== 'string') throw badRequest('"url" must be a string');
  return name;
}

function modelRoute(model: string, modelControl: boolean): Route {
  return {
    methods: modelControl ? [...READ, 'DELETE'] : READ,
    ...(modelControl && { administers: true }),
    async answer({ server, req }) {
      if (req.method === 'DELETE') {
        await server.unserve(model);
        return { body: '{}' };
      }
      const { name } = await server.status(model);
      return { body: JSON.stringify(describeModel(name)) };
    },
  };
}

function listModels(names: readonly string[]): string {
  return JSON.stringify({ models: names.map(describeModel) });
}

function describeModel(modelName: string): object {
  return { modelName, modelUrl: modelName };
}

/** Health as containers tell it: an empty body, and the status says all. */
function health(model: string): Route {
  return {
    methods: READ,
    async answer({ server }) {
      const { ready } = await server.status(model);
      return { status: ready ? 200 : 503, body: '', contentType: 'text/plain' };
    },
  };
}

function invocations(target: InferTarget, style: ScoringStyle): Route {
  return {
    methods: ['POST'],
    mediaTypes: BODY_TYPES,
    target,
    answer: (call) => score(call, target, style),
  };
}

/** MLflow takes a charset and no other parameter of a media type: one that it doesn't know might change the meaning. */
function ofMlflow(route: Route): Route {
  return {
    ...route,
    answer(call) {
      const names = [...parametersOf(call.req.headers['content-type']).keys()];
      const unknown = names.find((name) => name !== 'charset');
      if (unknown === undefined) return route.answer(call);
      const message = `a media type may have the parameter "charset", not ${JSON.stringify(unknown.slice(0, 100))}`;
      throw new ServingError('ERR_SERVING_UNSUPPORTED_MEDIA_TYPE', message);
    },
  };
}

async function score(
  call: Call,
  target: InferTarget,
  { header, answers }: ScoringStyle,
): Promise<Reply> {
  const { server, req, body, codec } = call;
  const contentType = answers.length === 1 ? answers[0] : acceptedType(req.headers.accept, answers);
  if (contentType === undefined) throw notAcceptable(req.headers.accept, answers);
  const isCsv = mediaTypeOf(req.headers['content-type']) === CSV_TYPE;
  const signatureNow = (): Signature => server.answering(target).signature;
  const decoding: Decoding<ScoringRequest> = {
    isLarge: body.length > MAX_INLINE_BYTES,
    here: () =>
      isCsv ? decodeCsv(body, signatureNow(), header) : decodeScoring(body, signatureNow()),
    there: (other) =>
      isCsv
        ? other.run('decodeCsv', body, signatureNow(), header)
        : other.run('decodeScoring', body, signatureNow()),
  };
  let signature: Signature = { inputs: [], outputs: [] };
  const { decoded, result } = await decodeThenInfer(call, target, decoding, ({ inputs }) => {
    signature = signatureNow();
    return { inputs };
  });
  const { outputs } = result;
  let form: ScoresForm = decoded.rows === undefined ? 'columns' : 'rows';
  let { rows } = decoded;
  if (contentType === CSV_TYPE) {
    form = 'csv';
    rows ??= decoded.inputs[0]?.shape[0] ?? 1;
    checkRows(outputs, rows, signature, 'accept application/json instead of CSV');
  } else if (rows !== undefined) checkRows(outputs, rows, signature);
  const isLarge = countTextElements(outputs) > MAX_INLINE_ELEMENTS;
  return {
    body:
      isLarge && codec !== undefined
        ? await codec.run('encodeScores', outputs, form, rows)
        : encodeScores(outputs, form, rows),
    ...(form === 'csv' && { contentType }),
  };
}

function notAcceptable(accept = '', answers: readonly string[]): ServingError {
  const message = `the answer can be ${answers.join(' or ')}, and Accept is ${JSON.stringify(accept.slice(0, 100))}`;
  return new ServingError('ERR_SERVING_NOT_ACCEPTABLE', message);
}
