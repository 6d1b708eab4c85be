import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { isRequestId } from '@fairlead/security';
import type { BodyMemory, CodecPool, ModelServer } from '@fairlead/serving';
import {
  healthService,
  inferenceService,
  grpcServerOptions,
  shutDownGrpc,
  type IncomingCall,
} from '@fairlead/serving/grpc';
import type { Guard } from '../access/guard.ts';
import type { RoutingKeys } from '../access/routing-keys.ts';
import { isInherited, listenOn } from '../listening/listen-on.ts';
import type { GrpcListener } from '../listening/listener.ts';
import type { Tracing } from '../monitoring/open-tracing.ts';
import { forSetting, SettingsError } from '../settings/settings-error.ts';
import type { Settings } from '../settings/settings.ts';

/** Parts that gRPC shares with HTTP. */
interface GrpcDependencies {
  readonly bodies: BodyMemory;
  readonly codec: CodecPool;
  readonly routingKeys: RoutingKeys;
  readonly tracing: Tracing | undefined;
  /** True if another process accepts the connections, and passes them to this one. */
  readonly isPassed: boolean;
  readonly onError: (error: unknown) => void;
}

/**
 * Listens for gRPC at the address of the settings.
 *
 * @throws SettingsError when the address can't be listened on.
 */
export async function startGrpc(
  {
    grpcListen,
    maxBodyBytes: maxMessageBytes,
    keepAliveTimeoutMs,
    requestTimeoutMs: receiveTimeoutMs,
  }: Settings,
  models: ModelServer,
  guard: Guard,
  { bodies, codec, routingKeys, tracing, isPassed, onError }: GrpcDependencies,
): Promise<GrpcListener | undefined> {
  if (grpcListen === undefined) return undefined;
  const requestId = requestIds();
  const inference = inferenceService(models, {
    admit: (call) => guard.admit(call),
    receiveTimeoutMs,
    bodies,
    codec,
    maxMessageBytes,
    requestId,
    routingKey: (call) => routingKeys.ofCall(call, requestId(call)),
    ...(tracing && { calls: tracing.calls }),
    onError,
  });
  const server = new Server({
    ...grpcServerOptions({ maxMessageBytes, keepAliveTimeoutMs }),
    interceptors: [inference.interceptor],
  });
  for (const service of [inference, healthService(models, { onError })])
    server.addService(service.definition, service.implementation);
  // TLS ends at the proxy.
  const credentials = ServerCredentials.createInsecure();
  const close = (graceMs: number): Promise<boolean> => shutDownGrpc(server, graceMs);
  if (isPassed) {
    const injector = server.createConnectionInjector(credentials);
    return {
      port: 1,
      take: (socket) => {
        injector.injectConnection(socket);
      },
      close,
    };
  }
  if (isInherited(grpcListen)) {
    const injector = server.createConnectionInjector(credentials);
    const door = createServer((socket) => {
      injector.injectConnection(socket);
    });
    await listenOn(door, grpcListen, 'FAIRLEAD_GRPC_LISTEN');
    // The kind of the socket decides whether clients' addresses are those of the connections.
    if (door.address() !== null) {
      door.close();
      throw new SettingsError(`FAIRLEAD_GRPC_LISTEN is ${grpcListen}, which must be a Unix socket`);
    }
    return {
      port: 1,
      close: (graceMs) => {
        door.close();
        return close(graceMs);
      },
    };
  }
  const bound = Promise.withResolvers<number>();
  server.bindAsync(grpcListen, credentials, (error, port) => {
    if (error === null) bound.resolve(port);
    else bound.reject(error);
  });
  const port = await bound.promise.catch((cause: unknown) =>
    forSetting('FAIRLEAD_GRPC_LISTEN', () => {
      throw cause;
    }),
  );
  return { port, close };
}

/** Returns a function that returns the id of a call: that of its metadata, else a new one, as over HTTP. */
function requestIds(): (call: IncomingCall) => string {
  const made = new WeakMap<object, string>();
  return ({ metadata }) => {
    const known = metadata.get('x-request-id').find(isRequestId) ?? made.get(metadata);
    if (known !== undefined) return known;
    const id = randomUUID();
    made.set(metadata, id);
    return id;
  };
}
