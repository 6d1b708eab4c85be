/**
 * Returns the milliseconds from `nowMs` to the next flush, at `phaseMs` within an interval of the clock, at least `minMs` away.
 *
 * Flushes follow the clock, not a delay after the previous flush: each interval gets exactly one flush even when timers
 * are late, so no minute of a graph stays empty.
 */
export function flushDelay(nowMs: number, intervalMs: number, phaseMs: number, minMs = 0): number {
  const sinceTurn = (((nowMs - phaseMs) % intervalMs) + intervalMs) % intervalMs;
  const delayMs = intervalMs - sinceTurn;
  return delayMs < minMs ? delayMs + intervalMs : delayMs;
}
