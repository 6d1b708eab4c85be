import type { OptionNames } from '@fairlead/signature';
import type { IncomingMessage } from 'node:http';
import { CodecPool } from '../codec/codec-pool.ts';
import type { Codec } from '../codec/codec.ts';
import { checkFunctions, returnsText } from '../errors/check-functions.ts';
import { checkInteger, checkOptions } from '../errors/check-options.ts';
import { safeListener, warnOfFailure } from '../errors/safe-listener.ts';
import { BodyMemory, DEFAULT_BODY_MEMORY_BYTES } from '../protocol/body-memory.ts';
import { openInference } from '../protocol/open-inference/open-inference.ts';
import type { Charge } from '../inference/charge.ts';
import type { Protocol } from '../protocol/protocol.ts';

/** Options of {@link inferenceHandler}. */
export interface InferenceHandlerOptions {
  /**
   * Protocols of the handler; a path belongs to the first one that has it.
   * @defaultValue the Open Inference Protocol, `[openInference()]`
   */
  readonly protocols?: readonly Protocol[];
  /**
   * Maximum size of a body, in bytes; larger ones are rejected with 413.
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxBodyBytes?: number;
  /**
   * Memory of all bodies together; share it with the other protocols of the process.
   * @defaultValue 134217728 (128 MiB) for this handler
   */
  readonly bodies?: BodyMemory;
  /**
   * Decodes and encodes large bodies in other threads, such as a {@link CodecPool}; share it with the other protocols.
   * @defaultValue a pool of two threads for this handler
   */
  readonly codec?: Codec;
  /**
   * Returns the client of a request, such as the owner of its key: each client has a share of `bodies`, of the codec's queue,
   * and half of a version's queue; above its share it gets 429.
   * @defaultValue no client: only the limits of all requests apply
   */
  readonly client?: (req: IncomingMessage) => string | undefined;
  /** Returns the id of a request, which is forwarded to upstreams. */
  readonly requestId?: (req: IncomingMessage) => string | undefined;
  /**
   * Returns the key that the server's `router` assigns versions by, such as a header with the user's id.
   * @defaultValue the client of the request, else its id
   */
  readonly routingKey?: (req: IncomingMessage) => string | undefined;
  /**
   * Returns the function that charges the client of a request for its cost, such as `charge` of `quotaLimit` in `@fairlead/security`.
   * @defaultValue none
   */
  readonly charge?: (req: IncomingMessage) => Charge | undefined;
  /** Called for internal errors of the server, whose details clients don't see. */
  readonly onError?: (error: unknown, req: IncomingMessage) => void;
}

const optionNames: OptionNames<InferenceHandlerOptions> = {
  protocols: 'optional',
  maxBodyBytes: 'optional',
  bodies: 'optional',
  codec: 'optional',
  client: 'optional',
  requestId: 'optional',
  routingKey: 'optional',
  charge: 'optional',
  onError: 'optional',
};

/** Options with their defaults. */
export type ResolvedInferenceHandlerOptions = Required<
  Omit<InferenceHandlerOptions, 'client' | 'charge'>
> &
  Pick<InferenceHandlerOptions, 'client' | 'charge'>;

/**
 * Checks the options and adds the defaults.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 */
export function resolveInferenceHandlerOptions(
  options: InferenceHandlerOptions,
): ResolvedInferenceHandlerOptions {
  const {
    protocols = [openInference()],
    maxBodyBytes = 16 * 1024 * 1024,
    bodies = new BodyMemory(DEFAULT_BODY_MEMORY_BYTES),
    codec = new CodecPool(),
    client,
    requestId = () => undefined,
    routingKey = () => undefined,
    charge,
    onError = () => undefined,
  } = checkOptions('inferenceHandler', options, optionNames);
  checkInteger('maxBodyBytes', maxBodyBytes);
  checkFunctions({ client, requestId, routingKey, charge, onError });
  const functions = {
    requestId: returnsText('requestId', requestId),
    routingKey: returnsText('routingKey', routingKey),
    onError: safeListener(onError, warnOfFailure('onError')),
    ...(charge && { charge }),
    ...(client && { client: returnsText('client', client) }),
  };
  return { protocols, maxBodyBytes, bodies, codec, ...functions };
}
