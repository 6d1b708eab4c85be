import type { CommandContext } from '../command-context.ts';
import { oneLine } from '../output/plain-text.ts';
import type { HostGroup } from './read-hosts.ts';

/** Notes the health checks of a group that are suspended by a deployment, or that one which was ended has left so. */
export function noteSuspension(
  { output }: CommandContext,
  hostGroup: Pick<HostGroup, 'group' | 'state'> | undefined,
): void {
  const suspension = hostGroup?.state.suspension;
  if (hostGroup === undefined || suspension === undefined) return;
  const { name } = hostGroup.group;
  const { processes, isLeftBehind } = suspension;
  const suspended = `fairlead: ${name} replaces no unhealthy instance: ${processes.join(' and ')}`;
  output.note(
    oneLine(
      isLeftBehind
        ? `${suspended} were left suspended by a command that was ended. The next deploy or rollback resumes them, or: ${resumeCommand(name, processes)}`
        : `${suspended} are suspended until the end of a deployment`,
    ),
  );
}

/** Returns the command that resumes processes: without their names, it would resume those too that an operator suspended. */
export function resumeCommand(group: string, processes: readonly string[]): string {
  return `aws autoscaling resume-processes --auto-scaling-group-name ${group} --scaling-processes ${processes.join(' ')}`;
}
