import type { EnvironmentInput, TargetHostInput } from './environment-input.ts';

/** A checked environment. It is valid input too, so that checking it again changes nothing. */
export interface Environment extends EnvironmentInput {
  /** The hosts, in the order of their updates. */
  readonly hosts: readonly [TargetHostInput, ...TargetHostInput[]];
}
