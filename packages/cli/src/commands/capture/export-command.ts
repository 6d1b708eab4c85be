import { rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { prepareQuery, text, withCaptures, writablePath } from '../../capture/capture-database.ts';
import { readSelection } from '../../capture/capture-options.ts';
import { capturesOption, openCaptures } from '../../capture/open-captures.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption } from '../../options/shared-options.ts';
import { sinceOption, untilOption } from '../../options/time-option.ts';
import { count } from '../../output/format-values.ts';
import { fileError } from '../../read-file.ts';

const FORMATS: Readonly<Record<string, string>> = {
  '.parquet': 'FORMAT parquet, COMPRESSION zstd',
  '.csv': 'FORMAT csv, HEADER true',
  '.jsonl': 'FORMAT json, ARRAY false',
};

/** Defines `fairlead capture export`. */
export function defineCaptureExportCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name, or one version: iris@1')
    .requiredOption('--out <file>', 'File to write: .parquet, .csv or .jsonl')
    .option(
      '--sql <sql>',
      'Query of the views captures, labels, and labeled, which joins them',
      'SELECT * FROM labeled ORDER BY time, request_id, row',
    )
    .addOption(sinceOption('30d'))
    .addOption(untilOption)
    .addOption(capturesOption)
    .addOption(jsonOption)
    .action(async (model, options) => {
      const { out, sql } = options;
      const format = FORMATS[extname(out)];
      if (format === undefined) {
        throw new CliError('ERR_CLI_USAGE', `--out ${out} must end in .parquet, .csv or .jsonl`);
      }
      const selection = readSelection(model, options, context.io.now());
      const objects = await openCaptures(context, options);
      // A file of this name is replaced when all rows are written.
      const part = writablePath(out);
      try {
        const rows = await withCaptures(
          objects,
          selection,
          { writable: [part] },
          async (connection) => {
            await prepareQuery(connection, sql);
            // As a text, which may end in a semicolon or a comment.
            const query = `FROM query(${text(sql)})`;
            const result = await connection.run(`COPY (${query}) TO ${text(part)} (${format})`);
            return Number((await result.getRows())[0]?.[0] ?? 0);
          },
        );
        await rename(part, out).catch((cause: unknown) => {
          throw fileError(out, 'the export', cause);
        });
        context.output.present(options, { file: out, rows }, () => [
          `Exported ${count(rows, 'row')} of ${model} to ${out}.`,
        ]);
      } finally {
        await rm(part, { force: true });
      }
    });
  addExamples(command, [
    [
      'For retraining, with labels',
      'fairlead capture export iris --out iris.parquet --captures ./captured',
    ],
    [
      'One request in full',
      `fairlead capture export iris --sql "SELECT * FROM captures WHERE request_id = 'a1'" --out a1.jsonl --captures ./captured`,
    ],
  ]);
}
