import type { CommandContext } from '../command-context.ts';
import { formatBytes } from '../output/format-values.ts';
import type { OpenedRegistry } from './open-registry.ts';

/** Prints the changes of a command or, in a dry run, the changes it would make. */
export function presentChange(
  { output }: CommandContext,
  { dryRunStore }: Pick<OpenedRegistry, 'dryRunStore'>,
  options: { readonly json?: true | undefined },
  value: Readonly<Record<string, unknown>>,
  text: () => readonly string[],
): void {
  const writes = dryRunStore?.created() ?? [];
  const removals = dryRunStore?.removed() ?? [];
  const dryRun = dryRunStore !== undefined;
  output.present(options, { dryRun, ...value, ...(dryRun && { writes, removals }) }, () => [
    ...(dryRun ? ['Dry run: nothing was changed. Without --dry-run:', ''] : []),
    ...text(),
    ...(dryRun ? [''] : []),
    ...writes.map(({ key, bytes }) => `  written  ${key} (${formatBytes(bytes)})`),
    ...removals.map((key) => `  removed  ${key}`),
    ...(dryRun && writes.length + removals.length === 0 ? ['  no changes'] : []),
  ]);
}
