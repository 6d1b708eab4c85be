import type { IncomingMessage } from 'node:http';
import type { InferTarget } from '../../model-server.ts';
import { ServingError } from '../../serving-error.ts';
import type { Call, Dialect, Reply, Route } from '../dialect.ts';
import { decodeInferRequest } from './decode-infer-request.ts';
import { decodeRawRequest } from './decode-raw-request.ts';
import { encodeInferResponse } from './encode-infer-response.ts';
import { encodeStatistics } from './encode-statistics.ts';
import { parseV2Path, type V2ModelPath } from './v2-path.ts';

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
}

const READ = ['GET', 'HEAD'];
const BODY_TYPES = ['application/json', 'application/octet-stream'];

/**
 * Makes the dialect of the Open Inference Protocol (V2, REST), which Triton, KServe and MLServer speak.
 *
 * Source: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export function openInference({
  serverName = 'fairlead',
  serverVersion = '0',
}: OpenInferenceOptions = {}): Dialect {
  const about = JSON.stringify({
    name: serverName,
    version: serverVersion,
    extensions: ['binary_tensor_data', 'statistics'],
  });
  const fixed: Readonly<Record<'server' | 'live' | 'ready' | 'all-stats', Route>> = {
    server: { methods: READ, answer: () => ({ body: about }) },
    'all-stats': {
      methods: READ,
      answer: ({ server }) => ({ body: encodeStatistics(server.loaded) }),
    },
    live: { methods: READ, answer: () => ({ body: '{"live":true}' }) },
    ready: {
      methods: READ,
      async answer({ server }) {
        const ready = await server.ready();
        // Clients disagree on the key.
        return { status: ready ? 200 : 503, body: JSON.stringify({ live: true, ready }) };
      },
    },
  };

  return {
    name: 'open-inference',
    mediaTypes: BODY_TYPES,
    route(url) {
      const path = parseV2Path(url);
      if (path === undefined) return undefined;
      return 'model' in path ? routeOfModel(path) : fixed[path.type];
    },
    describeError: ({ message }) => JSON.stringify({ error: message }),
  };
}

function routeOfModel({ type, model, version }: V2ModelPath): Route {
  const target = { model, version };
  switch (type) {
    case 'model-ready':
      return { methods: READ, answer: ({ server }) => modelReady(server.status(model), version) };
    case 'metadata':
      return {
        methods: READ,
        answer({ server }) {
          const { label, signature, runtime } = server.find(target);
          const { model: name, version: loaded } = label;
          const { platform } = runtime;
          return { body: JSON.stringify({ name, versions: [loaded], platform, ...signature }) };
        },
      };
    case 'stats':
      return {
        methods: READ,
        answer: ({ server }) => ({ body: encodeStatistics([server.find(target)]) }),
      };
    case 'infer':
      return {
        methods: ['POST'],
        mediaTypes: BODY_TYPES,
        target,
        answer: (call) => inferOverJson(call, target),
      };
  }
}

async function inferOverJson(
  { server, req, body, infer }: Call,
  target: InferTarget,
): Promise<Reply> {
  const jsonBytes = readJsonBytes(req);
  let isBinary: (output: string) => boolean = () => false;
  const result = await infer(target, () => {
    const decoded =
      jsonBytes === 0
        ? decodeRawRequest(body, server.find(target).signature)
        : decodeInferRequest(body, jsonBytes);
    ({ isBinary } = decoded);
    return decoded.request;
  });
  return encodeInferResponse(result, isBinary);
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
