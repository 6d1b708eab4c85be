import type { Deployment } from '../deployment.ts';
import { idleGraceMs } from '../idle-grace.ts';
import { formatAddress } from '../values/address.ts';

/** What the deployment decides for the gateway. */
export interface GatewayEnvironment {
  /** `unix:/path`, `host:port`, or `fd:3` for the socket that systemd passes on. */
  readonly FAIRLEAD_LISTEN: string;
  /** `server.keepAliveTimeout`. */
  readonly FAIRLEAD_KEEP_ALIVE_TIMEOUT_MS: string;
  /** `server.headersTimeout`. */
  readonly FAIRLEAD_HEADERS_TIMEOUT_MS: string;
  /** `server.requestTimeout`: to receive one whole request. */
  readonly FAIRLEAD_REQUEST_TIMEOUT_MS: string;
  /** The longest a prediction may take, an upstream's answer included. */
  readonly FAIRLEAD_DEADLINE_MS: string;
  /** Largest request body, the same as Nginx's. */
  readonly FAIRLEAD_MAX_BODY_BYTES: string;
  /** How long to finish what is in flight after SIGTERM. */
  readonly FAIRLEAD_SHUTDOWN_GRACE_MS: string;
  /** How long idle connections are left open meanwhile: Nginx closes them before. */
  readonly FAIRLEAD_IDLE_GRACE_MS: string;
  /** Where Flask listens: `unix:/path` or `host:port`; missing without a Python service. */
  readonly FAIRLEAD_FLASK_ADDRESS?: string;
  /** Where the gateway listens for gRPC: `unix:/path` or `host:port`; missing without gRPC. */
  readonly FAIRLEAD_GRPC_LISTEN?: string;
}

/** The part of the gateway's environment that follows from the deployment's rules, without `gateway.environment`. */
export function derivedGatewayEnvironment(deployment: Deployment): GatewayEnvironment {
  const { timeouts, keepAlive, gateway, flask, layout, grpc } = deployment;
  return {
    FAIRLEAD_LISTEN: layout.supervisor === 'systemd' ? 'fd:3' : formatAddress(gateway.listen),
    FAIRLEAD_KEEP_ALIVE_TIMEOUT_MS: String(keepAlive.gatewayMs),
    FAIRLEAD_HEADERS_TIMEOUT_MS: String(timeouts.gatewayHeadersMs),
    FAIRLEAD_REQUEST_TIMEOUT_MS: String(timeouts.gatewayReceiveMs),
    FAIRLEAD_DEADLINE_MS: String(timeouts.requestMs),
    FAIRLEAD_MAX_BODY_BYTES: String(deployment.maxBodyBytes),
    FAIRLEAD_SHUTDOWN_GRACE_MS: String(timeouts.gatewayShutdownMs),
    FAIRLEAD_IDLE_GRACE_MS: String(idleGraceMs(keepAlive)),
    ...(flask && { FAIRLEAD_FLASK_ADDRESS: formatAddress(flask.listen) }),
    ...(grpc && { FAIRLEAD_GRPC_LISTEN: formatAddress(grpc.gatewayListen) }),
  };
}

/** Environment variables of the gateway: the same numbers that Nginx and Gunicorn were rendered with. */
export function gatewayEnvironment(
  deployment: Deployment,
): GatewayEnvironment & Readonly<Record<string, string>> {
  return { ...deployment.gateway.environment, ...derivedGatewayEnvironment(deployment) };
}
