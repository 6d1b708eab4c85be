export { haproxyBalancer } from './balancers/haproxy-balancer.ts';
export type { HaproxyBalancerOptions } from './balancers/haproxy-balancer.ts';
export type { BalancerTimes } from './balancers/balancer-times.ts';
