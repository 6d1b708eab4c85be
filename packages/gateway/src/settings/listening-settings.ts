import { setting } from './setting.ts';
import { listenAddress, milliseconds, whole } from './setting-values.ts';

/** How the gateway meets its clients. */
export const listeningSettings = {
  listen: setting(
    'FAIRLEAD_LISTEN',
    listenAddress,
    '127.0.0.1:8080',
    'Where the gateway listens: `host:port` (port 0: any free one), `unix:/path`, or `fd:3` for a socket that systemd passes on: connections wait in it until the models are loaded.',
  ),
  grpcListen: setting(
    'FAIRLEAD_GRPC_LISTEN',
    listenAddress.optional(),
    undefined,
    'Where the gateway listens for gRPC: `host:port` (port 0: any free one), `unix:/path`, or `fd:4` for a Unix socket that is passed on. Without it, it speaks no gRPC.',
  ),
  keepAliveTimeoutMs: setting(
    'FAIRLEAD_KEEP_ALIVE_TIMEOUT_MS',
    milliseconds,
    '75000',
    'How long an idle connection is kept; longer than the proxy in front keeps it.',
  ),
  headersTimeoutMs: setting(
    'FAIRLEAD_HEADERS_TIMEOUT_MS',
    milliseconds,
    '10000',
    'How long a client may take to send the head of a request.',
  ),
  requestTimeoutMs: setting(
    'FAIRLEAD_REQUEST_TIMEOUT_MS',
    milliseconds,
    '30000',
    'How long a client may take to send a whole request.',
  ),
  notReadyMs: setting(
    'FAIRLEAD_NOT_READY_MS',
    whole(0, 600_000),
    '0',
    'How long to go on answering as not ready after SIGTERM, before the door is closed.',
  ),
  shutdownGraceMs: setting(
    'FAIRLEAD_SHUTDOWN_GRACE_MS',
    milliseconds,
    '8000',
    'How long requests in flight may take after SIGTERM.',
  ),
  idleGraceMs: setting(
    'FAIRLEAD_IDLE_GRACE_MS',
    whole(0, 600_000),
    '1000',
    'How long idle connections are left open after SIGTERM, for a request that is on its way; longer than the proxy in front keeps them.',
  ),
} as const;
