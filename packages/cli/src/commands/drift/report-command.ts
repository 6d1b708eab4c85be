import { type Command, Option } from '@commander-js/extra-typings';
import type { DriftReport, DriftTitle } from '@fairlead/drift';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { reportDrift } from '../../drift/drift-report.ts';
import { openWindows } from '../../drift/open-windows.ts';
import { resolveVersion } from '../../drift/version-argument.ts';
import { jsonOption, registryOption } from '../../options/shared-options.ts';
import { sinceOption, timeOf, untilOption } from '../../options/time-option.ts';
import { severalLines } from '../../output/plain-text.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { writeReport } from '../../write-report.ts';
import { failOnDriftOption, reportUnitOption } from './drift-options.ts';

const formatOption = new Option('--format <format>', 'Format of the report')
  .choices(['text', 'json', 'html'] as const)
  .default('text' as const);

/** Defines `fairlead drift report`. */
export function defineDriftReportCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name; with @version or @alias not its champion: iris@1')
    .addOption(sinceOption('7d'))
    .addOption(untilOption)
    .addOption(reportUnitOption)
    .addOption(formatOption)
    .option('--out <file>', 'Write the report to a file')
    .addOption(failOnDriftOption)
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (argument, options) => {
      const { registry, store } = await openRegistry(context, options);
      const version = await resolveVersion(registry, argument);
      const now = context.io.now();
      const span = {
        since: timeOf(options.since, now),
        until: timeOf(options.until, now),
        unit: options.unit,
      };
      const windows = await openWindows(context, store, { rollUp: false });
      const found = await reportDrift(registry, windows, version, span);
      const text = await render(options.json ? 'json' : options.format, found.report, version);
      await writeReport(context, text, options.out);
      if (found.windows === 0) context.output.note(explainNoWindows(found.others));
      if (options.failOnDrift && found.report.status === 'drift') {
        throw new CliError(
          'ERR_CLI_CHECK_FAILED',
          `version ${version.version} of ${version.model} drifts`,
        );
      }
    });
  addExamples(command, [
    ['The champion, in the last week', 'fairlead drift report iris'],
    [
      'The last day of a version, as a page with pictures',
      'fairlead drift report iris@1 --since 24h --format html --out drift.html',
    ],
    [
      'The last two hours in windows of five minutes, where traffic is heavy',
      'fairlead drift report iris --since 2h --unit slot',
    ],
    [
      'Names of what drifts, for a script',
      `fairlead drift report iris --json | jq -r '.features[] | select(.status == "drift").name'`,
    ],
  ]);
}

async function render(
  format: 'text' | 'json' | 'html',
  report: DriftReport,
  title: DriftTitle,
): Promise<string> {
  const { driftHtml, driftJson, driftText } = await import('@fairlead/drift');
  if (format === 'text') return severalLines(driftText(report, title));
  return format === 'html' ? driftHtml(report, title) : driftJson(report, title);
}

function explainNoWindows(others: number): string {
  return others === 0
    ? 'fairlead: no windows of this version are stored in this span: gateways record them with FAIRLEAD_STATE_FOLDER, and store them every five minutes'
    : `fairlead: ${others === 1 ? 'the window in this span has' : `the ${others} windows in this span have`} the bins of another baseline`;
}
