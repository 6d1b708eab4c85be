import type { ParsedDeployment } from './deployment-schema.ts';
import type { Deployment } from './deployment.ts';

const wholeSeconds = (ms: number): number => Math.ceil(ms / 1000) * 1000;

/**
 * Derives the timeouts from `requestMs` in steps of `marginMs`, except those that are given; a restart of the gateway
 * takes at least `minShutdownMs`.
 */
export function resolveTimeouts(
  given: ParsedDeployment['timeouts'] = {},
  minShutdownMs: number,
): Deployment['timeouts'] {
  const { requestMs = 30_000, marginMs = 5_000 } = given;
  const nginxReadMs = given.nginxReadMs ?? requestMs + marginMs;
  const gunicornMs = given.gunicornMs ?? wholeSeconds(nginxReadMs + marginMs);
  const gunicornGracefulMs = given.gunicornGracefulMs ?? wholeSeconds(nginxReadMs);
  const gatewayShutdownMs = given.gatewayShutdownMs ?? Math.max(nginxReadMs, minShutdownMs);
  const gatewayReceiveMs = given.gatewayReceiveMs ?? requestMs;
  const stopMs =
    given.stopMs ?? Math.max(gunicornMs, gunicornGracefulMs, gatewayShutdownMs) + marginMs;
  return {
    requestMs,
    marginMs,
    nginxConnectMs: given.nginxConnectMs ?? Math.min(2_000, requestMs),
    nginxReadMs,
    nginxClientMs: given.nginxClientMs ?? 10_000,
    gatewayHeadersMs: given.gatewayHeadersMs ?? Math.min(10_000, gatewayReceiveMs),
    gatewayReceiveMs,
    gatewayShutdownMs,
    gunicornMs,
    gunicornGracefulMs,
    stopMs,
    deregistrationMs: given.deregistrationMs ?? Math.max(stopMs + marginMs, requestMs + 10_000),
  };
}
