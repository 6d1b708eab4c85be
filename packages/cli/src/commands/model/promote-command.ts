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
    .argument('<model>', 'name of the model')
    .argument('<version>', 'number of the version, or an alias that means it')
    .addOption(aliasOption)
    .addOption(expectOption)
    .option(
      '--skip-gates <why>',
      'dangerous: set the alias though gates fail; why is kept for ever',
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
          ? `"${alias}" of ${model} means version ${entry.version} now (before: ${before?.version ?? 'none'}).`
          : `"${alias}" of ${model} means version ${entry.version} already; nothing was written.`,
        ...(changed && entry.gates?.skipped !== undefined
          ? [context.output.paint('bad', `Gates were skipped: ${entry.gates.skipped}`)]
          : []),
      ]);
    });
  addExamples(command, [
    [
      'what serves becomes version 3',
      'fairlead model promote digits 3 -m "better on the new data"',
    ],
    ['see how the gates would be decided', 'fairlead model promote digits 3 --dry-run'],
    ['only if nobody changed it meanwhile', 'fairlead model promote digits 3 --expect 2'],
    ['only if the alias is not set yet', 'fairlead model promote digits 1 --expect none'],
    ['the candidate becomes the champion', 'fairlead model promote digits candidate'],
  ]);
}

/** The entry that says what an alias means, or `undefined` when it was never set. */
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
