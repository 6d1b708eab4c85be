import type { AuditedFacts, ReleaseStore } from '@fairlead/deploy';
import { auditContext, type CommandContext } from '../command-context.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { oneLine } from '../output/plain-text.ts';

/** Change of an environment that the audit log records. */
export interface AuditedOptions<T> {
  readonly chosen: ChosenEnvironment;
  readonly store: ReleaseStore;
  /** Command that makes the change. */
  readonly command: string;
  /** Digest of the release, if there is one. */
  readonly release?: string;
  /** Options `--actor` and `--reason`. */
  readonly by: { readonly actor?: string | undefined; readonly reason?: string | undefined };
  /** Returns the outcome of the change. */
  readonly resultOf: (result: T) => {
    readonly outcome: string;
    readonly release?: string | undefined;
  };
}

/**
 * Makes a change of an environment, with its start and its end in the audit log. Without an entry for the start nothing is changed.
 *
 * @throws RegistryError when the log can't be written, and the errors of `work`
 */
export async function audited<T>(
  context: CommandContext,
  { chosen, store, command, release, by, resultOf }: AuditedOptions<T>,
  work: (note: (facts: AuditedFacts) => void) => Promise<T>,
): Promise<T> {
  const change = { ...auditContext(context, by), command, environment: chosen.name, release };
  return store.audit.record(change, work, {
    resultOf,
    onLost: (error) => {
      const problem = error instanceof Error ? error.message : String(error);
      context.output.note(
        oneLine(`fairlead: the audit log lacks the end of this ${command}: ${problem}`),
      );
    },
  });
}
