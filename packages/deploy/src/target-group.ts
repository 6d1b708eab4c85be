export { endedTargets } from './balancers/ended-targets.ts';
export type { EndedTargetsOptions } from './balancers/ended-targets.ts';
export { targetGroupBalancer } from './balancers/target-group-balancer.ts';
export type { TargetGroupBalancerOptions } from './balancers/target-group-balancer.ts';
export type { BalancerTimes } from './balancers/balancer-times.ts';
