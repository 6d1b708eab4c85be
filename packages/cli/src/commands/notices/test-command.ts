import type { Command } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonOption } from '../../options/shared-options.ts';
import { failedResults, noDestination } from '../../notices/open-notices.ts';
import { count } from '../../output/format-values.ts';
import { oneLine } from '../../output/plain-text.ts';
import { table } from '../../output/table.ts';

/** Defines `fairlead notices test`. */
export function defineTestCommand(command: Command, context: CommandContext): void {
  command.addOption(jsonOption).action(async (options) => {
    const { testNotices } = await import('@fairlead/gateway');
    const results = await testNotices(context.io.env);
    if (results.length === 0) throw noDestination();
    context.output.present(options, { results }, () =>
      table(
        ['destination', 'result'],
        results.map(({ destination, reason }) => [
          oneLine(destination),
          reason === undefined ? 'received' : oneLine(reason),
        ]),
      ),
    );
    const failed = failedResults(results);
    if (failed.length === 0) return;
    throw new CliError(
      'ERR_CLI_CHECK_FAILED',
      `${count(failed.length, 'destination')} of ${results.length} did not receive the test notice`,
    );
  });
  addExamples(command, [
    ['With the settings of the gateway in the environment', 'fairlead notices test'],
  ]);
}
