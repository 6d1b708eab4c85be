import type { CommandContext } from '../command-context.ts';
import { resumeCommand } from '../hosts/note-suspended.ts';
import type { ReachableEnvironment } from '../hosts/read-hosts.ts';
import { oneLine } from '../output/plain-text.ts';

/**
 * Suspends the health checks of the Auto Scaling group of an environment until the result is disposed of, so that the group replaces no
 * instance that is being updated. A failure to resume them is a warning: the next command resumes them.
 *
 * @throws DeployError `ERR_DEPLOY_GROUP`
 */
export async function suspendHealthChecks(
  { output }: CommandContext,
  { hostGroup }: ReachableEnvironment,
): Promise<AsyncDisposable | undefined> {
  if (hostGroup === undefined) return undefined;
  const { group } = hostGroup;
  const suspension = await group.suspendHealthChecks();
  if (suspension === undefined) return undefined;
  if (suspension.isTakenOver) {
    output.note(
      oneLine(
        `fairlead: the health checks of ${group.name} were left suspended by a command that was ended; they are resumed at the end of this one`,
      ),
    );
  }
  return {
    async [Symbol.asyncDispose]() {
      try {
        if ((await suspension.resume()) === 'resumed') return;
        output.note(
          oneLine(
            `fairlead: the health checks of ${group.name} stay suspended for another command, which resumes them at its end`,
          ),
        );
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        output.note(
          oneLine(
            `fairlead: the health checks of ${group.name} are still suspended: ${reason} Run the command again, or: ${resumeCommand(group.name, suspension.processes)}`,
          ),
        );
      }
    },
  };
}
