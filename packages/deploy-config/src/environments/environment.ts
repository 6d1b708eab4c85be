import type {
  AutoScalingGroupInput,
  EnvironmentInput,
  TargetHostInput,
} from './environment-input.ts';

/** A checked environment. It is valid input too, so that checking it again changes nothing. */
export interface Environment extends EnvironmentInput {
  /** The hosts, in the order of their updates; or the Auto Scaling group that they are in. */
  readonly hosts: readonly [TargetHostInput, ...TargetHostInput[]] | AutoScalingGroupInput;
}
