// Nginx's timers are late on a busy host.
const LATE_MS = 500;

/**
 * Returns the time that the gateway leaves idle connections open when it stops, in milliseconds: longer than Nginx's idle timeout,
 * so that Nginx closes them. A server that closes first loses a request sent at that moment, because Nginx doesn't
 * send a POST twice.
 */
export function idleGraceMs({ upstreamMs }: { readonly upstreamMs: number }): number {
  return upstreamMs + LATE_MS;
}
