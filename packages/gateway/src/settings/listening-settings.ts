import { setting } from './setting.ts';
import { listenAddress, milliseconds, whole } from './setting-values.ts';

/** Settings of listeners and client connections. */
export const listeningSettings = {
  listen: setting(
    'FAIRLEAD_LISTEN',
    listenAddress,
    '127.0.0.1:8080',
    'Address of the gateway: `host:port` (port 0: any free one), `unix:/path`, or `fd:3` for an inherited socket of systemd, in which connections wait until the models are loaded.',
  ),
  listenWaitMs: setting(
    'FAIRLEAD_LISTEN_WAIT_MS',
    milliseconds.optional(),
    undefined,
    'Maximum time that connections wait in an inherited socket for the models, after which they get "not ready"; without it FAIRLEAD_DEADLINE_MS. Longer than any load where a gateway before this one still serves the socket.',
  ),
  grpcListen: setting(
    'FAIRLEAD_GRPC_LISTEN',
    listenAddress.optional(),
    undefined,
    'Address of the gateway for gRPC: `host:port` (port 0: any free one), `unix:/path`, or `fd:4` for an inherited Unix socket. Without it, gRPC is off.',
  ),
  keepAliveTimeoutMs: setting(
    'FAIRLEAD_KEEP_ALIVE_TIMEOUT_MS',
    milliseconds,
    '75000',
    'Time that an idle connection stays open; longer than in the proxy in front.',
  ),
  headersTimeoutMs: setting(
    'FAIRLEAD_HEADERS_TIMEOUT_MS',
    milliseconds,
    '10000',
    'Time for a client to send the headers of a request.',
  ),
  requestTimeoutMs: setting(
    'FAIRLEAD_REQUEST_TIMEOUT_MS',
    milliseconds,
    '30000',
    'Time for a client to send a whole request.',
  ),
  notReadyMs: setting(
    'FAIRLEAD_NOT_READY_MS',
    whole(0, 600_000),
    '0',
    'Time after SIGTERM in which the gateway reports that it is not ready and still serves, before the listener is closed.',
  ),
  shutdownGraceMs: setting(
    'FAIRLEAD_SHUTDOWN_GRACE_MS',
    milliseconds,
    '8000',
    'Time for requests in flight after SIGTERM.',
  ),
  idleGraceMs: setting(
    'FAIRLEAD_IDLE_GRACE_MS',
    whole(0, 600_000),
    '1000',
    'Time that idle connections stay open after SIGTERM, for requests already sent; longer than in the proxy in front.',
  ),
} as const;
