import { checkOptions } from '../../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import { MAX_INLINE_BYTES } from '../../codec/codec.ts';
import { ServingError } from '../../errors/serving-error.ts';
import type { ActionRoute, Protocol } from '../protocol.ts';
import { badRequest, decodeJsonBody, type JsonObject } from '../json-body.ts';
import { describeSageMaker, MODEL_PATH } from './describe-sagemaker.ts';
import type { ScoringOptions } from './mlflow-scoring.ts';
import { JSON_TYPE, type ScoringStyle } from './scoring-exchange.ts';
import { BODY_TYPES, healthRoute, invocationsRoute, READ } from './scoring-routes.ts';

/** Options of {@link sageMaker}. */
export interface SageMakerOptions extends ScoringOptions {
  /**
   * True if `POST /models` and `DELETE /models/<name>` load and unload models. Where it is on, authorize it with
   * {@link requestAccess} for administrators only.
   * @defaultValue false
   */
  readonly modelControl?: boolean;
}

const optionNames: OptionNames<SageMakerOptions> = {
  modelControl: 'optional',
  model: 'required',
};

/** SageMaker's CSV has no names. Source: https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html */
const STYLE: ScoringStyle = { header: 'detect', answers: BODY_TYPES };

/**
 * Creates the protocol of a SageMaker container: `/ping` and `/invocations` for one model, and of a multi-model one
 * `GET /models`, `GET /models/<name>` and `POST /models/<name>/invoke` for all served models; with `modelControl` also
 * `POST /models` and `DELETE /models/<name>`.
 *
 * Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html and
 * https://docs.aws.amazon.com/sagemaker/latest/dg/mms-container-apis.html
 *
 * @example
 * ```ts
 * import { inferenceTarget, sageMaker } from '@fairlead/serving';
 *
 * const req = { method: 'POST', url: '/models/digits/invoke' };
 * console.log(inferenceTarget([sageMaker({ model: 'digits' })], req)?.model); // digits
 * ```
 */
export function sageMaker(options: SageMakerOptions): Protocol {
  const { model, modelControl = false } = checkOptions('sageMaker', options, optionNames);
  const ping = healthRoute(model);
  const invoke = invocationsRoute({ model }, STYLE);
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
        : invocationsRoute({ model: name }, STYLE);
    },
    describe: (loaded) => describeSageMaker(model, loaded, modelControl),
    describeError: ({ message }) => JSON.stringify({ error: message }),
  };
}

function listRoute(modelControl: boolean): ActionRoute {
  return {
    methods: modelControl ? [...READ, 'POST'] : READ,
    ...(modelControl && {
      mediaTypes: [JSON_TYPE],
      maxBodyBytes: MAX_INLINE_BYTES,
      administers: true,
    }),
    async answer({ server, req, body }) {
      if (req.method !== 'POST') return { body: encodeList(server.models) };
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

function modelRoute(model: string, modelControl: boolean): ActionRoute {
  return {
    methods: modelControl ? [...READ, 'DELETE'] : READ,
    ...(modelControl && { administers: true }),
    async answer({ server, req }) {
      if (req.method === 'DELETE') {
        await server.unload(model);
        return { body: '{}' };
      }
      const { name } = await server.status(model);
      return { body: JSON.stringify(describeModel(name)) };
    },
  };
}

function encodeList(names: readonly string[]): string {
  return JSON.stringify({ models: names.map(describeModel) });
}

function describeModel(modelName: string): object {
  return { modelName, modelUrl: modelName };
}
