export { AutoScalingGroup } from './auto-scaling/auto-scaling-group.ts';
export type {
  GroupSuspension,
  HealthCheckSuspension,
} from './auto-scaling/health-check-suspension.ts';
export type { AutoScalingGroupOptions, GroupState } from './auto-scaling/auto-scaling-group.ts';
