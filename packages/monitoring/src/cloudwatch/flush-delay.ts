/**
 * Milliseconds from `nowMs` to the next flush, at `phaseMs` within an interval of the clock.
 *
 * Against the clock rather than after a delay: each interval then gets exactly one flush and none is skipped however
 * late timers run, so no minute of a graph stays empty.
 */
export function flushDelay(
  nowMs: number,
  intervalMs: number,
  phaseMs: number,
  leastMs = 0,
): number {
  const sinceTurn = (((nowMs - phaseMs) % intervalMs) + intervalMs) % intervalMs;
  const delayMs = intervalMs - sinceTurn;
  return delayMs < leastMs ? delayMs + intervalMs : delayMs;
}
