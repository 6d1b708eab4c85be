import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { both } from '../../capture/both.ts';
import { capturesOption, openCaptures } from '../../capture/open-captures.ts';
import { checkLength } from '../../check-length.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { confirm } from '../../confirm.ts';
import { collect, jsonOption, yesOption } from '../../options/shared-options.ts';
import { count } from '../../output/format-values.ts';
import { oneLine } from '../../output/plain-text.ts';

/** Defines `fairlead capture delete`. */
export function defineCaptureDeleteCommand(command: Command, context: CommandContext): void {
  command
    .argument('[values...]', 'Request ids, or values of --column')
    .option(
      '--column <name>',
      'Column to search, such as input_account, or routing_key of gateways with FAIRLEAD_CAPTURE_ROUTING_KEYS=1 (default: request_id)',
    )
    .option('--model <model>', 'Only of this model')
    .option(
      '--spool <folder>',
      'Folder "captures" in FAIRLEAD_STATE_FOLDER of gateways on this host (repeatable)',
      collect,
    )
    .addOption(capturesOption)
    .addOption(yesOption)
    .addOption(jsonOption)
    .action(async (values, options) => {
      const { column = 'request_id', model, spool = [] } = options;
      if (values.length === 0) {
        throw new CliError(
          'ERR_CLI_USAGE',
          'no value given: name request ids, or values of --column',
        );
      }
      checkLength('--column', column, 512);
      const objects = await openCaptures(context, options);
      const what =
        column === 'request_id' ? count(values.length, 'request') : `requests by ${column}`;
      await confirm(
        context,
        options,
        `delete ${what} from ${objects.location}, which can't be undone`,
      );
      const { LabelStore } = await import('@fairlead/capture');
      const { deleteCaptures } = await import('@fairlead/capture/parquet');
      const [{ rows, files, waiting }, labels] = await both(
        deleteCaptures({ ...{ objects, column, values, model }, spoolFolders: spool }),
        async () =>
          column === 'request_id' ? new LabelStore({ objects }).delete(values, model) : 0,
      );
      context.output.present(options, { rows, files, labels, waiting }, () => [
        `Deleted ${count(rows, 'row')} in ${count(files, 'file')}, and ${count(labels, 'label')}.`,
        ...(column === 'request_id'
          ? []
          : ['Labels have no such column: delete those of the requests by their ids.']),
        ...(rows + labels > 0 ? [] : [notFound(column, objects.location)]),
      ]);
      if (waiting === 0) return;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `${count(waiting, 'request')} may be stored by running gateways yet: delete again in five minutes`,
      );
    });
  addExamples(command, [
    ['By request id', 'fairlead capture delete a1 a2 --captures ./captured --yes'],
    [
      'By a column, on a host with gateways',
      'fairlead capture delete "user 7" --column routing_key --captures ./captured --spool ./state/captures --yes',
    ],
  ]);
}

function notFound(column: string, location: string): string {
  return column === 'request_id'
    ? `No captured request or label in ${oneLine(location)} has such an id: check the location, and on hosts with gateways add --spool.`
    : `No captured request has such a value of ${column}: check the name of the column with fairlead capture query.`;
}
