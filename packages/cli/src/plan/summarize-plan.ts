import type { HostsPlan } from './plan-hosts.ts';
import type { PlannedStack } from './plan-stack-of.ts';

/** Plan of an environment: hosts, configuration and stack. */
export interface EnvironmentPlan extends HostsPlan {
  readonly environment: string;
  readonly stack: PlannedStack | undefined;
}

/** Numbers of changes of a plan. */
export interface PlanSummary {
  readonly hostsToUpdate: number;
  /** Configuration files that differ on at least one host. */
  readonly filesToChange: number;
  readonly stackChanges: number;
  /** On hosts and in the stack. */
  readonly handEdits: number;
  /** True if there is a change or a hand edit. */
  readonly differs: boolean;
}

/** Counts the changes of a plan. */
export function summarizePlan({ results, stack }: EnvironmentPlan): PlanSummary {
  const hosts = results.flatMap((result) => ('value' in result ? [result.value] : []));
  const files = hosts.flatMap(({ configuration }) => configuration.map(({ path }) => path));
  const counts = {
    hostsToUpdate: hosts.filter(({ upToDate }) => !upToDate).length,
    filesToChange: new Set(files).size,
    stackChanges: stack?.changes.length ?? 0,
    handEdits:
      hosts.reduce((sum, { handEdits }) => sum + handEdits.length, 0) + (stack?.drift.length ?? 0),
  };
  return { ...counts, differs: Object.values(counts).some((each) => each > 0) };
}
