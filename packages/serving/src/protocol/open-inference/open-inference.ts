import { checkOptions } from '../../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import type { decodeInferRequest } from './decode-infer-request.ts';
import type { encodeInferAnswer } from './encode-infer-answer.ts';
import type { InferTarget } from '../../inference/infer-request.ts';
import type { Call, Protocol, Reply, Route } from '../protocol.ts';
import { describeOpenInference } from './describe-open-inference.ts';
import { openExchange } from './exchange.ts';
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
   * Extensions of the protocol. `model_repository` lets clients load and unload models: where it is on,
   * authorize it with {@link requestAccess} for administrators only.
   * @defaultValue `['binary_tensor_data', 'classification', 'statistics']`
   */
  readonly extensions?: readonly OpenInferenceExtension[];
  /**
   * Problems that don't make the server unready, for the member `warnings` of `GET /v2/health/ready`. Every client
   * can read it, without credentials too.
   * @defaultValue none
   */
  readonly warnings?: () => readonly string[];
}

const optionNames: OptionNames<OpenInferenceOptions> = {
  serverName: 'optional',
  serverVersion: 'optional',
  extensions: 'optional',
  warnings: 'optional',
};

const EXTENSION_OF: Readonly<Partial<Record<V2Path['type'], OpenInferenceExtension>>> = {
  'repository-index': 'model_repository',
  load: 'model_repository',
  unload: 'model_repository',
  stats: 'statistics',
  'all-stats': 'statistics',
};

/** The last part of the path of all statistics, which is a valid name of a model, too. */
const STATS = 'stats';

type Extensions = ReadonlySet<OpenInferenceExtension>;

const READ = ['GET', 'HEAD'];
const JSON_ONLY = ['application/json'];
const BODY_TYPES = [...JSON_ONLY, 'application/octet-stream'];

/**
 * Creates the Open Inference Protocol (V2, REST), which Triton, KServe and MLServer implement.
 *
 * Source: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 *
 * @example
 * ```ts
 * import { openInference, requestAccess } from '@fairlead/serving';
 *
 * const req = { method: 'POST', url: '/v2/models/digits/infer' };
 * console.log(requestAccess([openInference()], req)?.type); // infer
 * ```
 */
export function openInference(options: OpenInferenceOptions = {}): Protocol {
  const {
    serverName = 'fairlead',
    serverVersion = '0',
    extensions = ['binary_tensor_data', 'classification', 'statistics'],
    warnings = () => [],
  } = checkOptions('openInference', options, optionNames);
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
          : { body: encodeStatistics(server.loadedVersions) },
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
      return { methods: READ, answer: ({ server }) => modelReady(server.status(model, version)) };
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
        open: (headers) => openExchange(headers, on),
      };
  }
}

function readMetadata(server: Call['server'], target: InferTarget): Reply {
  const { label, signature, runtime } = server.find(target);
  const { model: name } = label;
  const { platform } = runtime;
  const versions = target.version === undefined ? server.versionsOf(name) : [label.version];
  return { body: JSON.stringify({ name, versions, platform, ...signature }) };
}

async function modelReady(
  status: Promise<{ name: string; ready: boolean; reason?: string }>,
): Promise<Reply> {
  const { name, reason, ready } = await status;
  const detail = reason === undefined ? {} : { reason };
  return { status: ready ? 200 : 503, body: JSON.stringify({ name, ready, ...detail }) };
}
