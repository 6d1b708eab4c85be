export { AutoScalingGroup } from './auto-scaling/auto-scaling-group.ts';
export type { AutoScalingGroupOptions, GroupState } from './auto-scaling/auto-scaling-group.ts';
