import type { RolloutHost } from './rollout.ts';

/** Returns the name of a host at the balancer: the one that was given, or its address. */
export function targetOf({ target, carrier }: RolloutHost): string {
  return target ?? carrier.host.replace(/^\w+:\/\/(?:[^@]*@)?|:\d+$|\/$/g, '');
}
