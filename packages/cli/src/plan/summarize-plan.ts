import type { HostsPlan } from './plan-hosts.ts';
import { startOther, type NewHosts } from './plan-new-hosts.ts';
import type { PlannedStack } from './plan-stack-of.ts';

/** Plan of an environment: hosts, configuration and stack. */
export interface EnvironmentPlan extends HostsPlan {
  readonly environment: string;
  readonly stack: PlannedStack | undefined;
  /** Release that new hosts start with; `undefined` without a parameter for it. */
  readonly newHosts: NewHosts | undefined;
}

/** Numbers of changes of a plan. */
export interface PlanSummary {
  /** Hosts that get the release, or requests again. */
  readonly hostsToUpdate: number;
  /** Configuration files that differ on at least one host. */
  readonly filesToChange: number;
  readonly stackChanges: number;
  /** 1 if new hosts would start with another release. */
  readonly parameterChanges: number;
  /** On hosts and in the stack. */
  readonly handEdits: number;
  /** True if CloudFormation couldn't compare every resource of the stack, so that there may be more hand edits. */
  readonly handEditsUnknown: boolean;
  /** True if there is a change or a hand edit. */
  readonly differs: boolean;
}

/** Counts the changes of a plan. */
export function summarizePlan({ results, stack, newHosts, release }: EnvironmentPlan): PlanSummary {
  const hosts = results.flatMap((result) => ('value' in result ? [result.value] : []));
  const files = hosts.flatMap(({ configuration }) => configuration.map(({ path }) => path));
  const counts = {
    hostsToUpdate: hosts.filter(({ upToDate, drained }) => !upToDate || drained === true).length,
    filesToChange: new Set(files).size,
    stackChanges: stack?.changes.length ?? 0,
    parameterChanges: startOther(newHosts, release) ? 1 : 0,
    handEdits:
      hosts.reduce((sum, { handEdits }) => sum + handEdits.length, 0) + (stack?.drift.length ?? 0),
  };
  const handEditsUnknown = stack?.driftProblem !== undefined;
  return { ...counts, handEditsUnknown, differs: Object.values(counts).some((each) => each > 0) };
}
