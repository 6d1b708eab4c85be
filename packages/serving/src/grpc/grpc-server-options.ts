import { checkIntegers, checkOptions, MAX_INT32 } from '../errors/check-options.ts';
import type { OptionNames } from '@fairlead/signature';
import type { ServerOptions } from '@grpc/grpc-js';

/** Options of {@link grpcServerOptions}. */
export interface GrpcServerLimits {
  /**
   * Messages larger than this are refused with `RESOURCE_EXHAUSTED`, in bytes, once they are decompressed.
   * @defaultValue 16777216 (16 MiB)
   */
  readonly maxMessageBytes?: number;
  /**
   * Calls at the same time on one connection.
   * @defaultValue 100
   */
  readonly maxConcurrentCalls?: number;
  /**
   * Idle time-out of a connection, in milliseconds; longer than that of the proxy in front.
   * @defaultValue 75000
   */
  readonly keepAliveTimeoutMs?: number;
}

const optionNames: OptionNames<GrpcServerLimits> = {
  maxMessageBytes: 'optional',
  maxConcurrentCalls: 'optional',
  keepAliveTimeoutMs: 'optional',
};

/**
 * Options for a `Server` of `@grpc/grpc-js`: limits of what clients may send. Answers aren't limited.
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` naming the option and its value.
 *
 * @example
 * ```ts
 * import { Server } from '@grpc/grpc-js';
 * import { grpcServerOptions } from '@fairlead/serving/grpc';
 *
 * const server = new Server(grpcServerOptions({ maxMessageBytes: 1024 * 1024 }));
 * server.forceShutdown();
 * ```
 */
export function grpcServerOptions(options: GrpcServerLimits = {}): ServerOptions {
  const {
    maxMessageBytes = 16 * 1024 * 1024,
    maxConcurrentCalls = 100,
    keepAliveTimeoutMs = 75_000,
  } = checkOptions('grpcServerOptions', options, optionNames);
  checkIntegers({ maxMessageBytes, maxConcurrentCalls, keepAliveTimeoutMs }, 1, MAX_INT32);
  return {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': maxConcurrentCalls,
    'grpc.max_connection_idle_ms': keepAliveTimeoutMs,
    // Without channelz, `forceShutdown()` finds no session to end.
    'grpc.enable_channelz': 1,
  };
}
