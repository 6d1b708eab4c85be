import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { capturesOption, openCaptures } from '../../capture/open-captures.ts';
import { checkLength } from '../../check-length.ts';
import type { CommandContext } from '../../command-context.ts';
import { importLabels } from '../../labels/import-labels.ts';
import { requireCapturedModel } from '../../labels/require-captured-model.ts';
import { dryRunOption, jsonOption } from '../../options/shared-options.ts';
import { count } from '../../output/format-values.ts';

/** Defines `fairlead labels import`. */
export function defineLabelsImportCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<file>', 'Table with a row for each label: .csv or .parquet')
    .option('--id <column>', 'Column of the request ids (default: request_id)')
    .option(
      '--row <column>',
      'Column of the rows of requests, from 0; needed where requests have several (default: row)',
    )
    .option('--label <column>', 'Column of the labels (default: label)')
    .option(
      '--time <column>',
      'Column of the times at which labels were known, UTC without a zone (default: observed_at, else now)',
    )
    .option('--skip-invalid', 'Skip invalid rows, instead of importing nothing')
    .option('--create', 'Import also for a model that has no captured requests and no labels yet')
    .addOption(capturesOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, file, options) => {
      const { id, row, label, time } = options;
      checkLength('the name of the model', model, 256);
      const objects = await openCaptures(context, options);
      if (options.create !== true) await requireCapturedModel(objects, model);
      const { LabelStore, MAX_LABEL_AHEAD_MS } = await import('@fairlead/capture');
      const store = new LabelStore({
        objects,
        batchMs: 0,
        now: () => context.io.now().getTime(),
      });
      const found = await importLabels(file, {
        columns: {
          ...(id !== undefined && { id }),
          ...(row !== undefined && { row }),
          ...(label !== undefined && { label }),
          ...(time !== undefined && { time }),
        },
        skipInvalid: options.skipInvalid === true,
        latest: context.io.now().getTime() + MAX_LABEL_AHEAD_MS,
        add: options.dryRun ? undefined : (labels) => store.add(model, labels),
      });
      context.output.present(options, { model, ...found }, () => [
        `${options.dryRun ? 'A dry run would import' : 'Imported'} ${count(found.labels, 'label')} of ${model}.`,
        ...(found.duplicates > 0
          ? [
              `${found.duplicates} of them repeat a request and row: the one that was observed last counts.`,
            ]
          : []),
        ...(found.invalid > 0 ? [`Skipped ${count(found.invalid, 'invalid row')}.`] : []),
      ]);
    });
  addExamples(command, [
    ['Check a file', 'fairlead labels import iris labels.csv --captures ./captured --dry-run'],
    [
      'With other names of columns',
      'fairlead labels import iris outcomes.csv --id order --label paid --captures ./captured',
    ],
  ]);
}
