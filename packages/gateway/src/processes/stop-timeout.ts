import type { Settings } from '../settings/settings.ts';

/** Time beyond its grace periods after which a stopping process is killed. */
const MARGIN_MS = 10_000;

/** Time for a process to end after SIGTERM, in milliseconds. */
export function stopTimeout({
  shutdownGraceMs,
  notReadyMs,
}: Pick<Settings, 'shutdownGraceMs' | 'notReadyMs'>): number {
  return shutdownGraceMs + notReadyMs + MARGIN_MS;
}
