import { releaseWithAgent } from './release-with-agent.ts';
import { SimulatedHost } from './simulated-host.ts';

/** Digest of the release that the hosts of a simulated fleet run. */
export const OLD = 'a'.repeat(64);
/** Digest of one before it. */
export const OLDER = 'b'.repeat(64);

/** A release, and three hosts that run another one. */
export interface SimulatedFleet {
  readonly release: Awaited<ReturnType<typeof releaseWithAgent>>;
  readonly hosts: readonly [SimulatedHost, SimulatedHost, SimulatedHost];
}

/** Builds a release for a fleet of three hosts, `i-1` to `i-3`. */
export async function simulatedFleet(): Promise<SimulatedFleet> {
  const host = (name: string) => new SimulatedHost(name, [OLD]);
  return { release: await releaseWithAgent(), hosts: [host('i-1'), host('i-2'), host('i-3')] };
}
