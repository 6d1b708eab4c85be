import type { OptionNames } from '@fairlead/signature';
import { checkMethod, checkOptions } from '../errors/check-options.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import { ServingError } from '../errors/serving-error.ts';
import type { GrpcService } from './grpc-service.ts';
import { loadService } from './load-service.ts';
import { decodeSmallMessage } from './small-message.ts';
import { unaryHandler } from './unary-handler.ts';

const KNOWN: ReadonlySet<string> = new Set(['', 'inference.GRPCInferenceService']);

/** Options of {@link healthService}. */
export interface HealthServiceOptions {
  /** Called for internal errors of the server, whose details clients don't see. */
  readonly onError?: (error: unknown) => void;
}

const optionNames: OptionNames<HealthServiceOptions> = { onError: 'optional' };

/**
 * Creates the standard health service, `grpc.health.v1.Health`, for load balancers and probes: `SERVING` while every
 * model can answer and the server doesn't drain.
 *
 * `Watch` is answered with `UNIMPLEMENTED`: clients call `Check` then.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option.
 *
 * @example
 * ```ts
 * import { ModelServer } from '@fairlead/serving';
 * import { healthService } from '@fairlead/serving/grpc';
 *
 * const source = {
 *   resolve: async () => ({ version: 1 }),
 *   follow: async function* () {},
 *   openVersion: async () => Promise.reject(new Error('no artifacts')),
 * };
 * const models = new ModelServer({ source, runtimes: {} });
 * console.log(Object.keys(healthService(models).implementation)); // [ 'Check' ]
 * ```
 */
export function healthService(
  models: Pick<ModelServer, 'ready'>,
  options: HealthServiceOptions = {},
): GrpcService {
  checkMethod('healthService', 'a ModelServer', models, 'ready');
  const { onError = () => undefined } = checkOptions('healthService', options, optionNames);
  const definition = loadService('health.proto', 'grpc.health.v1.Health');
  const { Check } = definition;
  if (Check === undefined) throw new TypeError('the service has no method Check');
  const check = async ({ request: bytes }: { readonly request: Buffer }) => {
    const request = decodeSmallMessage(bytes, Check.requestDeserialize) as {
      readonly service: string;
    };
    if (!KNOWN.has(request.service)) {
      const message = `unknown service ${JSON.stringify(request.service.slice(0, 200))}`;
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
