import type { Deployment } from '../deployment.ts';
import { idleGraceMs } from '../idle-grace.ts';
import { inheritedGrpcAddress } from '../inherited-grpc-address.ts';
import { formatAddress } from '../values/address.ts';

/**
 * Options of Node for the gateway, in `NODE_OPTIONS` unless `gateway.environment` has others.
 *
 * Without a limit, the young generation of V8's heap grows to 128 MiB under load on a host with much memory; a gateway under load is measured as fast with 24 MiB.
 *
 * @example
 * ```ts
 * import { GATEWAY_NODE_OPTIONS } from '@fairlead/deploy-config';
 *
 * console.log(GATEWAY_NODE_OPTIONS); // --max-semi-space-size=8
 * ```
 */
export const GATEWAY_NODE_OPTIONS = '--max-semi-space-size=8';

/** Environment variables of the gateway that follow from the deployment. */
export interface GatewayEnvironment {
  /** Limit of the heap's young generation; absent where `gateway.environment` has it. */
  readonly NODE_OPTIONS?: string;
  /** `unix:/path`, `host:port`, or `fd:3` for the socket of systemd. */
  readonly FAIRLEAD_LISTEN: string;
  /** Processes that answer requests; absent for one. */
  readonly FAIRLEAD_PROCESSES?: string;
  /** `server.keepAliveTimeout`. */
  readonly FAIRLEAD_KEEP_ALIVE_TIMEOUT_MS: string;
  /** `server.headersTimeout`. */
  readonly FAIRLEAD_HEADERS_TIMEOUT_MS: string;
  /** `server.requestTimeout`: to receive one whole request. */
  readonly FAIRLEAD_REQUEST_TIMEOUT_MS: string;
  /** Maximum time of a prediction, including that of an upstream. */
  readonly FAIRLEAD_DEADLINE_MS: string;
  /** Largest request body, the same as Nginx's. */
  readonly FAIRLEAD_MAX_BODY_BYTES: string;
  /** Time for requests in flight after SIGTERM. */
  readonly FAIRLEAD_SHUTDOWN_GRACE_MS: string;
  /** Time that idle connections stay open after SIGTERM: Nginx closes them before. */
  readonly FAIRLEAD_IDLE_GRACE_MS: string;
  /** Address of Flask: `unix:/path` or `host:port`; absent without a Python service. */
  readonly FAIRLEAD_FLASK_ADDRESS?: string;
  /** Address of the gateway for gRPC: `unix:/path`, `host:port`, or `fd:4` for the socket of systemd; absent without gRPC. */
  readonly FAIRLEAD_GRPC_LISTEN?: string;
}

/** Returns the part of the gateway's environment that follows from the deployment, without `gateway.environment`. */
export function derivedGatewayEnvironment(deployment: Deployment): GatewayEnvironment {
  const { timeouts, keepAlive, gateway, flask, layout, grpc } = deployment;
  return {
    ...(gateway.environment.NODE_OPTIONS === undefined && { NODE_OPTIONS: GATEWAY_NODE_OPTIONS }),
    FAIRLEAD_LISTEN: layout.supervisor === 'systemd' ? 'fd:3' : formatAddress(gateway.listen),
    ...(gateway.processes > 1 && { FAIRLEAD_PROCESSES: String(gateway.processes) }),
    FAIRLEAD_KEEP_ALIVE_TIMEOUT_MS: String(keepAlive.gatewayMs),
    FAIRLEAD_HEADERS_TIMEOUT_MS: String(timeouts.gatewayHeadersMs),
    FAIRLEAD_REQUEST_TIMEOUT_MS: String(timeouts.gatewayReceiveMs),
    FAIRLEAD_DEADLINE_MS: String(timeouts.requestMs),
    FAIRLEAD_MAX_BODY_BYTES: String(deployment.maxBodyBytes),
    FAIRLEAD_SHUTDOWN_GRACE_MS: String(timeouts.gatewayShutdownMs),
    FAIRLEAD_IDLE_GRACE_MS: String(idleGraceMs(keepAlive)),
    ...(flask && { FAIRLEAD_FLASK_ADDRESS: formatAddress(flask.listen) }),
    ...(grpc && {
      FAIRLEAD_GRPC_LISTEN:
        inheritedGrpcAddress(deployment).length > 0 ? 'fd:4' : formatAddress(grpc.gatewayListen),
    }),
  };
}

/**
 * Returns the environment variables of the gateway, with the same numbers as the files of Nginx and Gunicorn.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, gatewayEnvironment } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(gatewayEnvironment(deployment).FAIRLEAD_LISTEN); // 127.0.0.1:3000
 * ```
 */
export function gatewayEnvironment(
  deployment: Deployment,
): GatewayEnvironment & Readonly<Record<string, string>> {
  return { ...deployment.gateway.environment, ...derivedGatewayEnvironment(deployment) };
}
