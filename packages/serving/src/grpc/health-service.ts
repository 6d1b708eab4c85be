import type { ModelServer } from '../model-server/model-server.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { GrpcService } from './grpc-service.ts';
import { loadService } from './load-service.ts';
import { decodeSmallMessage } from './small-message.ts';
import { unaryHandler } from './unary-handler.ts';

const KNOWN: ReadonlySet<string> = new Set(['', 'inference.GRPCInferenceService']);

/**
 * Makes the standard health service, `grpc.health.v1.Health`, for load balancers and probes: `SERVING` while every
 * model can answer and the server doesn't drain.
 *
 * `Watch` is answered with `UNIMPLEMENTED`, which clients take for "ask with Check".
 */
export function healthService(
  models: Pick<ModelServer, 'ready'>,
  { onError = () => undefined }: { readonly onError?: (error: unknown) => void } = {},
): GrpcService {
  const definition = loadService('health.proto', 'grpc.health.v1.Health');
  const { Check } = definition;
  if (Check === undefined) throw new TypeError('the service has no method Check');
  const check = async ({ request: bytes }: { readonly request: Buffer }) => {
    const request = decodeSmallMessage(bytes, Check.requestDeserialize) as {
      readonly service: string;
    };
    if (!KNOWN.has(request.service)) {
      const message = `no service ${JSON.stringify(request.service.slice(0, 200))} is here`;
      throw new ServingError('ERR_SERVING_PATH_NOT_FOUND', message);
    }
    return { status: (await models.ready()) ? 'SERVING' : 'NOT_SERVING' };
  };
  return {
    definition: {
      ...definition,
      Check: { ...Check, requestDeserialize: (bytes: Buffer) => bytes },
    },
    implementation: { Check: unaryHandler(check, onError) },
  };
}
