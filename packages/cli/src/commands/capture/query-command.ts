import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { prepareQuery, withCaptures } from '../../capture/capture-database.ts';
import { readSelection } from '../../capture/capture-options.ts';
import { capturesOption, openCaptures } from '../../capture/open-captures.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption, parseCount } from '../../options/shared-options.ts';
import { sinceOption, untilOption } from '../../options/time-option.ts';
import { oneLine } from '../../output/plain-text.ts';
import { table } from '../../output/table.ts';

const DEFAULT_SQL = 'SELECT * FROM labeled ORDER BY time DESC, request_id, row';

/** Defines `fairlead capture query`. */
export function defineCaptureQueryCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name, or one version: iris@1')
    .argument(
      '[sql]',
      'Query of the views captures, labels, and labeled, which joins them',
      DEFAULT_SQL,
    )
    .addOption(sinceOption('24h'))
    .addOption(untilOption)
    .option('--limit <rows>', 'Rows to print at most', parseCount, 100)
    .addOption(capturesOption)
    .addOption(jsonOption)
    .action(async (model, sql, options) => {
      const selection = readSelection(model, options, context.io.now());
      const objects = await openCaptures(context, options);
      const { limit } = options;
      const { columns, rows } = await withCaptures(objects, selection, {}, async (connection) => {
        const statement = await prepareQuery(connection, sql);
        const result = await statement.streamAndReadUntil(limit + 1);
        return { columns: result.deduplicatedColumnNames(), rows: result.getRowsJson() };
      });
      const shown = rows.slice(0, limit);
      if (options.json) {
        context.output.printJson(
          shown.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))),
        );
      } else {
        const cells = shown.map((row) => row.map(cell));
        context.output.print(table(columns.map(oneLine), cells));
      }
      if (rows.length > limit) {
        context.output.note(
          `fairlead: only ${limit === 1 ? 'one row is' : `${limit} rows are`} shown: add --limit, or use capture export`,
        );
      }
    });
  addExamples(command, [
    ['The requests of the last day', 'fairlead capture query iris --captures ./captured'],
    [
      'How many were answered, by hour',
      'fairlead capture query iris@1 "SELECT date, hour, sum(weight) FROM captures WHERE row = 0 GROUP BY ALL" --captures ./captured',
    ],
    [
      'How many have labels',
      'fairlead capture query iris "SELECT count(label), count(*) FROM labeled" --since 30d --captures ./captured --json',
    ],
  ]);
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value));
}
