import type { Command } from '@commander-js/extra-typings';
import type { AliasEntry, GateResult, GatesFailedError } from '@fairlead/registry';
import { addExamples } from '../../add-examples.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import { errorCodeOf } from '../../exit-code.ts';
import {
  actorOption,
  aliasOption,
  dryRunOption,
  expectedVersion,
  expectOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { openRegistry, type OpenedRegistry } from '../../registry/open-registry.ts';
import { presentChange } from '../../registry/present-change.ts';
import { formatGates } from '../../registry/format-gates.ts';

/** Defines `fairlead model promote`. */
export function definePromoteCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<version>', 'Version number or alias')
    .addOption(aliasOption)
    .addOption(expectOption)
    .option(
      '--skip-gates <reason>',
      'Dangerous: ignore failed gates; the reason is recorded permanently',
    )
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, version, options) => {
      const opened = await openRegistry(context, options);
      const { registry } = opened;
      const { alias, expect, skipGates } = options;
      const target = await registry.resolve(model, version);
      const before = await presentEntry(opened, model, alias);
      let entry: AliasEntry;
      try {
        entry = await registry.setAlias(model, alias, target.version, {
          ...auditContext(context, options),
          ...expectedVersion(expect),
          ...(skipGates !== undefined && { dangerouslySkipGates: skipGates }),
        });
      } catch (error) {
        const gates = gatesOf(error);
        if (gates === undefined) throw error;
        const value = { dryRun: options.dryRun === true, promoted: false, gates };
        context.output.present(options, { model, alias, version: target.version, ...value }, () =>
          formatGates(context.output, gates),
        );
        throw error;
      }
      const changed = entry.number !== before?.number;
      presentChange(context, opened, options, { promoted: changed, entry }, () => [
        ...(changed && entry.gates
          ? [...formatGates(context.output, entry.gates.results), '']
          : []),
        changed
          ? `"${alias}" of ${model} points to version ${entry.version} now (before: ${before?.version ?? 'none'}).`
          : `"${alias}" of ${model} already points to version ${entry.version}; nothing was changed.`,
        ...(changed && entry.gates?.skipped !== undefined
          ? [context.output.paint('bad', `Gates were skipped: ${entry.gates.skipped}`)]
          : []),
      ]);
    });
  addExamples(command, [
    [
      'Put version 3 into production',
      'fairlead model promote digits 3 -m "better on the new data"',
    ],
    ['Evaluate the gates, without a change', 'fairlead model promote digits 3 --dry-run'],
    ['Only if version 2 is still in production', 'fairlead model promote digits 3 --expect 2'],
    ['Only if the alias is not set yet', 'fairlead model promote digits 1 --expect none'],
    ['Promote the candidate', 'fairlead model promote digits candidate'],
  ]);
}

/** The current entry of an alias, or `undefined` when it was never set. */
async function presentEntry(
  { registry }: OpenedRegistry,
  model: string,
  alias: string,
): Promise<AliasEntry | undefined> {
  try {
    return (await registry.resolve(model, alias)).entry;
  } catch (error) {
    if (errorCodeOf(error) === 'ERR_REGISTRY_ALIAS_NOT_FOUND') return undefined;
    throw error;
  }
}

function gatesOf(error: unknown): readonly GateResult[] | undefined {
  if (errorCodeOf(error) !== 'ERR_REGISTRY_GATES_FAILED') return undefined;
  return (error as GatesFailedError).results;
}
