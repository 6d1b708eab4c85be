// Nginx's timers are late on a busy host.
const LATE_MS = 500;

/**
 * How long the gateway leaves idle connections open when it ends, in milliseconds: longer than Nginx keeps them, so that
 * it is Nginx that closes them. A server that closes first loses the request sent at that moment, for Nginx doesn't
 * send a POST twice.
 */
export function idleGraceMs({ upstreamMs }: { readonly upstreamMs: number }): number {
  return upstreamMs + LATE_MS;
}
