/**
 * Reason why a host has left its fleet, such as an instance of an Auto Scaling group:
 *
 * - `ended`: for a reason that isn't the host's, such as a scale-in
 * - `unhealthy`: it is replaced because it isn't healthy
 */
export type Departure = 'ended' | 'unhealthy';

/** Describes why a host that has left gets no requests. */
export function departureProblem(departure: Departure): string {
  return departure === 'unhealthy'
    ? 'its Auto Scaling group replaces it: it is not healthy'
    : 'it has left its Auto Scaling group';
}
