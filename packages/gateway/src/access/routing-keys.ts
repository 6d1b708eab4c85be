import type { IncomingMessage } from 'node:http';
import { getIdentity, getRequestId } from '@fairlead/security';
import type { IncomingCall } from '@fairlead/serving/grpc';
import type { Settings } from '../settings/settings.ts';

/** Reads the routing keys of requests: the header of the settings, else the client of the API key, else the request id. */
export interface RoutingKeys {
  /** Returns the key of a request over HTTP. */
  readonly ofRequest: (req: IncomingMessage) => string | undefined;
  /** Returns the key of a call over gRPC, from the metadata of the same name; `requestId` is that of the call. */
  readonly ofCall: (call: IncomingCall, requestId: string) => string | undefined;
}

/** Creates the reader of routing keys. */
export function createRoutingKeys({ routingKeyHeader, keysFile }: Settings): RoutingKeys {
  const named = (values: string | readonly unknown[] = []): string | undefined => {
    const text = typeof values === 'string' ? values : values.map(String).join(', ');
    return text === '' ? undefined : text;
  };
  const ofHeaders = ({ headers }: IncomingMessage): string | undefined =>
    routingKeyHeader === undefined ? undefined : named(headers[routingKeyHeader]);
  const ofMetadata = ({ metadata }: IncomingCall): string | undefined =>
    routingKeyHeader === undefined ? undefined : named(metadata.get(routingKeyHeader));
  return {
    // The address of a client without a key is none: a proxy's would be the key of all clients behind it.
    ofRequest: (req) => ofHeaders(req) ?? getIdentity(req)?.client ?? getRequestId(req),
    // With keys, the client of a call is that of its key.
    ofCall: (call, requestId) =>
      ofMetadata(call) ?? (keysFile === undefined ? requestId : undefined),
  };
}
