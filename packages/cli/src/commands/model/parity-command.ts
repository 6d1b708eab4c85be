import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { addExamples } from '../../add-examples.ts';
import { CliError } from '../../cli-error.ts';
import { type CommandContext, auditContext } from '../../command-context.ts';
import {
  actorOption,
  dryRunOption,
  jsonOption,
  reasonOption,
  registryOption,
} from '../../options/shared-options.ts';
import { formatParity } from '../../parity/format-parity.ts';
import { fileError } from '../../read-file.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { presentChange } from '../../registry/present-change.ts';

/** Defines `fairlead model parity`. */
export function defineParityCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name')
    .argument('<version>', 'Version number or alias')
    .option(
      '--original <place>',
      'Original: http://…/v2/models/<name>, <model>@<version>, or an ONNX file (default: the expected outputs of the rows)',
    )
    .option(
      '--rows <file>',
      'Rows as .csv or .json, or captured requests as .jsonl (default: the golden examples)',
    )
    .option('--max <difference>', 'Fail when an element differs by more', parseDifference)
    .option('--html <file>', 'Write an HTML page with figures, a histogram and the worst rows')
    .option('--record', 'Record the result, for the gate "parity <= 1e-4"')
    .option(
      '--upstream-url <url>',
      'Address of the process that runs the version: http://host:port',
    )
    .addOption(registryOption)
    .addOption(actorOption)
    .addOption(reasonOption)
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (model, aliasOrVersion, options) => {
      const { original, rows, max, html, record, upstreamUrl, dryRun } = options;
      const opened = await openRegistry(context, options);
      const { version } = await opened.registry.resolve(model, aliasOrVersion);
      // Loaded late: it loads the libraries that run models.
      const { runParity } = await import('../../parity/run-parity.ts');
      const { apiKey } = context.environment;
      const run = { model, version, original, rows, upstreamUrl, apiKey };
      const { report, title } = await runParity(opened.registry, run);
      if (html !== undefined && !dryRun) {
        const { parityHtml } = await import('@fairlead/parity');
        const page = parityHtml(report, { model, version, original: title });
        await writeFile(html, page).catch((cause: unknown) => {
          throw fileError(html, 'the page', cause);
        });
      }
      if (record) {
        const audit = auditContext(context, options);
        const pushed = opened.registry.model(model).version(version);
        await pushed.recordParity(report, { ...audit, original: title });
      }
      const passed = max === undefined || report.parity <= max;
      const value = {
        model,
        version,
        original: title,
        passed,
        recorded: record === true && !dryRun,
        report,
      };
      presentChange(context, opened, options, value, () => formatParity(report, title));
      if (passed) return;
      throw new CliError(
        'ERR_CLI_CHECK_FAILED',
        `version ${version} of ${model} differs from ${title} by up to ${report.parity}, more than ${max}`,
      );
    });
  addExamples(command, [
    [
      'Rows of a file against the Flask model, for the gate',
      'fairlead model parity digits 3 --original http://127.0.0.1:5000/v2/models/digits --rows test.csv --max 1e-4 --record',
    ],
    [
      'Against the version in production',
      'fairlead model parity digits 4 --original digits@champion --rows captured.jsonl --html parity.html',
    ],
    ['On the golden examples', 'fairlead model parity digits 3'],
  ]);
}

function parseDifference(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number from 0, such as 1e-4.');
}
