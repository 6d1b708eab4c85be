/**
 * Probability that a request waits in an M/M/c queue (Erlang C).
 *
 * Computed from the recursion of Erlang B, which doesn't overflow: Cooper, Introduction to Queueing Theory, 1981.
 *
 * @param servers - number of servers, from 1 on
 * @param utilization - share of the servers that is busy, from 0 to 1
 *
 * @internal
 */
export function erlangC(servers: number, utilization: number): number {
  if (utilization <= 0) return 0;
  if (utilization >= 1) return 1;
  const load = servers * utilization;
  let blocking = 1;
  for (let count = 1; count <= servers; count += 1) {
    blocking = (load * blocking) / (count + load * blocking);
  }
  return blocking / (1 - utilization * (1 - blocking));
}
