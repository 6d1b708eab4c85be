import type { IncomingMessage } from 'node:http';
import type { Tensor, TensorSpec } from '@fairlead/signature';
import { MAX_INLINE_BYTES, MAX_INLINE_ELEMENTS } from '../../codec/codec.ts';
import type { InferResult, InferTarget } from '../../inference/infer-request.ts';
import { ServingError } from '../../errors/serving-error.ts';
import { decodeThenInfer, type Decoding } from '../decode-then-infer.ts';
import type { Call, Dialect, Reply, Route } from '../dialect.ts';
import { countTextElements } from '../text-elements.ts';
import { decodeInferRequest, type DecodedRequest } from './decode-infer-request.ts';
import { decodeRawRequest } from './decode-raw-request.ts';
import { describeOpenInference } from './describe-open-inference.ts';
import { encodeInferAnswer, type AnswerForm } from './encode-infer-answer.ts';
import { encodeStatistics } from './encode-statistics.ts';
import { repositoryRoute } from './model-repository.ts';
import type { OpenInferenceExtension } from './extension.ts';
import { parseV2Path, type V2ModelPath, type V2Path } from './v2-path.ts';

declare module '../../codec/codec.ts' {
  interface CodecFunctions {
    readonly decodeInferRequest: typeof decodeInferRequest;
    readonly encodeInferAnswer: typeof encodeInferAnswer;
  }
}

/** Options of {@link openInference}. */
export interface OpenInferenceOptions {
  /**
   * Name of the server in `GET /v2`.
   * @defaultValue "fairlead"
   */
  readonly serverName?: string;
  /**
   * Version of the server in `GET /v2`.
   * @defaultValue "0"
   */
  readonly serverVersion?: string;
  /**
   * What is spoken beyond the protocol itself. `model_repository` lets clients load and unload models: where it is on,
   * see to it with {@link requestAccess} that only administrators do.
   * @defaultValue `['binary_tensor_data', 'classification', 'statistics']`
   */
  readonly extensions?: readonly OpenInferenceExtension[];
  /**
   * What is wrong without making the server unready, for the member `warnings` of `GET /v2/health/ready`. Every client
   * can read it, without credentials too.
   * @defaultValue none
   */
  readonly warnings?: () => readonly string[];
}

const EXTENSION_OF: Readonly<Partial<Record<V2Path['type'], OpenInferenceExtension>>> = {
  'repository-index': 'model_repository',
  load: 'model_repository',
  unload: 'model_repository',
  stats: 'statistics',
  'all-stats': 'statistics',
};

/** The last part of the path of all statistics, which a model may have for a name. */
const STATS = 'stats';

type Extensions = ReadonlySet<OpenInferenceExtension>;

const READ = ['GET', 'HEAD'];
const JSON_ONLY = ['application/json'];
const BODY_TYPES = [...JSON_ONLY, 'application/octet-stream'];

/**
 * Makes the dialect of the Open Inference Protocol (V2, REST), which Triton, KServe and MLServer speak.
 *
 * Source: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export function openInference({
  serverName = 'fairlead',
  serverVersion = '0',
  extensions = ['binary_tensor_data', 'classification', 'statistics'],
  warnings = () => [],
}: OpenInferenceOptions = {}): Dialect {
  const on: Extensions = new Set(extensions);
  const about = JSON.stringify({
    name: serverName,
    version: serverVersion,
    extensions: [...on].sort(),
  });
  const fixed: Readonly<Record<'server' | 'live' | 'ready' | 'all-stats', Route>> = {
    server: { methods: READ, answer: () => ({ body: about }) },
    'all-stats': {
      methods: READ,
      // Triton has no other path for all statistics; a model of that name has no other path for its metadata.
      answer: ({ server }) =>
        server.models.includes(STATS)
          ? readMetadata(server, { model: STATS })
          : { body: encodeStatistics(server.loaded) },
    },
    live: { methods: READ, answer: () => ({ body: '{"live":true}' }) },
    ready: {
      methods: READ,
      async answer({ server }) {
        const ready = await server.ready();
        // Clients disagree on the key.
        const current = warnings();
        const detail = { live: true, ready, ...(current.length > 0 && { warnings: current }) };
        return { status: ready ? 200 : 503, body: JSON.stringify(detail) };
      },
    },
  };

  return {
    name: 'open-inference',
    mediaTypes: on.has('binary_tensor_data') ? BODY_TYPES : JSON_ONLY,
    route(url) {
      const path = parseV2Path(url);
      if (path === undefined) return undefined;
      const extension = EXTENSION_OF[path.type];
      if (extension !== undefined && !on.has(extension)) {
        return path.type === 'all-stats'
          ? routeOfModel({ type: 'metadata', model: STATS }, on)
          : undefined;
      }
      switch (path.type) {
        case 'repository-index':
        case 'load':
        case 'unload':
          return repositoryRoute(path);
        case 'server':
        case 'live':
        case 'ready':
        case 'all-stats':
          return fixed[path.type];
        default:
          return routeOfModel(path, on);
      }
    },
    describe: (models) => describeOpenInference(models, on),
    describeError: ({ message }) => JSON.stringify({ error: message }),
  };
}

function routeOfModel({ type, model, version }: V2ModelPath, on: Extensions): Route {
  const target = { model, version };
  switch (type) {
    case 'model-ready':
      return { methods: READ, answer: ({ server }) => modelReady(server.status(model), version) };
    case 'metadata':
      return {
        methods: READ,
        answer: ({ server }) => readMetadata(server, target),
      };
    case 'stats':
      return {
        methods: READ,
        answer: ({ server }) => ({ body: encodeStatistics([server.find(target)]) }),
      };
    case 'infer':
      return {
        methods: ['POST'],
        mediaTypes: on.has('binary_tensor_data') ? BODY_TYPES : JSON_ONLY,
        target,
        answer: (call) => inferOverJson(call, target, on),
      };
  }
}

function readMetadata(server: Call['server'], target: InferTarget): Reply {
  const { label, signature, runtime } = server.find(target);
  const { model: name, version } = label;
  const { platform } = runtime;
  return { body: JSON.stringify({ name, versions: [version], platform, ...signature }) };
}

async function inferOverJson(call: Call, target: InferTarget, on: Extensions): Promise<Reply> {
  const { server, req, body, codec } = call;
  const jsonBytes = readJsonBytes(req);
  const offersBinary = on.has('binary_tensor_data');
  if (jsonBytes !== undefined && !offersBinary) throw notOffered('binary tensors');
  let specs: readonly TensorSpec[] = [];
  const decoding: Decoding<DecodedRequest> = {
    isLarge: jsonBytes !== 0 && (jsonBytes ?? body.length) > MAX_INLINE_BYTES,
    here: () =>
      jsonBytes === 0
        ? decodeRawRequest(body, server.answering(target).signature)
        : decodeInferRequest(body, jsonBytes),
    there: (other) => other.run('decodeInferRequest', body, jsonBytes),
  };
  const { decoded, result } = await decodeThenInfer(call, target, decoding, (read) => {
    if (read.classes !== undefined) {
      if (!on.has('classification')) throw notOffered('classification');
      specs = server.answering(target).signature.outputs;
    }
    return read.request;
  });
  const { classes } = decoded;
  const form: AnswerForm = {
    binary: offersBinary ? decoded.binary : { byDefault: false },
    ...(classes !== undefined && { classes, specs }),
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

/** How many bytes of the body are JSON; 0 for none, and undefined for all of them. */
function readJsonBytes({ headers }: IncomingMessage): number | undefined {
  const header = headers['inference-header-content-length'];
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  const message = `Inference-Header-Content-Length is ${JSON.stringify(header)}; it must be a number of bytes`;
  throw new ServingError('ERR_SERVING_BAD_REQUEST', message);
}

async function modelReady(
  asked: Promise<{ name: string; ready: boolean; version?: string; reason?: string }>,
  version: string | undefined,
): Promise<Reply> {
  const { name, reason, ...status } = await asked;
  const ready = status.ready && (version ?? status.version) === status.version;
  const told = reason === undefined ? {} : { reason };
  return { status: ready ? 200 : 503, body: JSON.stringify({ name, ready, ...told }) };
}
