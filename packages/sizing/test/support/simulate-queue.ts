/** Service times of a simulated server, in milliseconds. */
export type ServiceTime = (random: () => number) => number;

export const services: Readonly<Record<string, ServiceTime>> = {
  constant: () => 1,
  exponential: (random) => -Math.log(1 - random()),
  /** A tenth of the requests takes five times as long as the others. */
  mixed: (random) => (random() < 0.1 ? 5 : 1) / 1.4,
};

/** Numbers from 0 to 1 (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Simulates one queue before several servers, request by request, and returns the sorted latencies in milliseconds. */
export function simulateQueue(options: {
  readonly servers: number;
  /** Mean service time is 1 ms. */
  readonly service: ServiceTime;
  readonly perSecond: number;
  readonly requests?: number;
  readonly seed?: number;
}): Float64Array {
  const { servers, service, perSecond, requests = 200_000, seed = 1 } = options;
  const random = seeded(seed);
  const free = Array.from({ length: servers }, () => 0);
  let now = 0;
  return Float64Array.from({ length: requests }, () => {
    now += (-Math.log(1 - random()) * 1000) / perSecond;
    const server = free.indexOf(Math.min(...free));
    const begin = Math.max(now, free[server] ?? 0);
    const end = begin + service(random);
    free[server] = end;
    return end - now;
  }).sort();
}

export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? NaN;
}
