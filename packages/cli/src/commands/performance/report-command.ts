import { type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { DriftTitle, PerformanceReport } from '@fairlead/drift';
import type { NoticeCondition } from '@fairlead/monitoring';
import type { ObjectStore } from '@fairlead/registry';
import { addExamples } from '../../add-examples.ts';
import { capturesOption, openCaptures } from '../../capture/open-captures.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { openWindows } from '../../drift/open-windows.ts';
import { readVersionBaseline } from '../../drift/read-version-baseline.ts';
import { resolveVersion } from '../../drift/version-argument.ts';
import { jsonOption, parseCount, registryOption } from '../../options/shared-options.ts';
import { sinceOption, timeOf, untilOption } from '../../options/time-option.ts';
import { openNotices } from '../../notices/open-notices.ts';
import { count } from '../../output/format-values.ts';
import { severalLines } from '../../output/plain-text.ts';
import {
  reportCaptured,
  type CapturedReportOptions,
  type ReportSubject,
} from '../../performance/report-captured.ts';
import { reportFromWindows } from '../../performance/report-windows.ts';
import { writeReport } from '../../write-report.ts';
import { openRegistry } from '../../registry/open-registry.ts';

const formatOption = new Option('--format <format>', 'Format of the report')
  .choices(['text', 'json', 'html'] as const)
  .default('text' as const);

const MAX_NAMED = 10;

/** Defines `fairlead performance report`. */
export function definePerformanceReportCommand(command: Command, context: CommandContext): void {
  command
    .argument('<model>', 'Model name; with @version or @alias not its champion: iris@1')
    .addOption(sinceOption('7d'))
    .addOption(untilOption)
    .option('--by <segment>', 'Feature or column of the segments')
    .option('--output <output>', 'Output with the predictions (default: scores of the baseline)')
    .option('--threshold <score>', 'Smallest score with a positive prediction', parseNumber, 0.5)
    .option(
      '--positive <label>',
      'Label of the positive class (default: 1 and true, or the second of two)',
    )
    .option(
      '--min-labels <count>',
      'Labels with which a day is measured (default: 100)',
      parseCount,
    )
    .addOption(formatOption)
    .option('--out <file>', 'Write the report to a file')
    .option('--fail-on-alert', 'End with exit code 1 if a metric is worse than expected')
    .option(
      '--notify',
      'Send a notice if a metric is worse than expected, to the destinations of the settings FAIRLEAD_NOTICE_…',
    )
    .addOption(capturesOption)
    .addOption(registryOption)
    .addOption(jsonOption)
    .action(async (argument, options) => {
      const notices = options.notify === true ? await openNotices(context) : undefined;
      const { registry, store } = await openRegistry(context, options);
      const { model, version } = await resolveVersion(registry, argument);
      const now = context.io.now();
      const { since, until } = options;
      const span = { since: timeOf(since, now), until: timeOf(until, now) };
      if (!(span.since < span.until)) {
        throw new CliError('ERR_CLI_USAGE', '--since must be before --until');
      }
      const { manifest } = await registry.openVersion(model, version);
      const baseline = await readVersionBaseline(registry, { model, version });
      const selection = { model, version: String(version), ...span };
      const hasCaptures = (options.captures ?? context.environment.captures) !== undefined;
      const report = hasCaptures
        ? await reportCaptured(
            await openCaptures(context, options),
            { manifest, baseline, selection },
            options,
          )
        : await readWindows(context, store, { baseline, selection }, options);
      const title = { model, version };
      const text = await render(options.json ? 'json' : options.format, report, title);
      await writeReport(context, text, options.out);
      const condition = alertNotice(report, title);
      if (condition !== undefined) await notices?.send(condition);
      await notices?.close();
      if (options.failOnAlert) failOnAlert(report, title);
    });
  addExamples(command, [
    ['The champion, in the last week', 'fairlead performance report iris --captures ./captured'],
    [
      'A version by segment, as a page',
      'fairlead performance report iris@1 --by variant --since 30d --format html --out performance.html --captures ./captured',
    ],
    [
      'From a timer, with a notice of what is worse',
      'fairlead performance report iris --since 1d --notify --captures ./captured',
    ],
    [
      'One metric, for a script',
      `fairlead performance report iris --captures ./captured --json | jq '.total.measured[] | select(.name == "accuracy").value'`,
    ],
  ]);
}

/** Estimates from the windows of all requests, where no requests are captured. */
async function readWindows(
  context: CommandContext,
  store: ObjectStore,
  { baseline, selection }: Pick<ReportSubject, 'baseline' | 'selection'>,
  { by, output, positive, threshold }: CapturedReportOptions,
): Promise<PerformanceReport> {
  if (by !== undefined || output !== undefined || positive !== undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      '--by, --output and --positive need captured requests: add --captures ./folder or --captures s3://bucket/prefix, or set FAIRLEAD_CAPTURE_LOCATION',
    );
  }
  const windows = await openWindows(context, store, { rollUp: false });
  return reportFromWindows(windows, baseline, { ...selection, threshold });
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number.');
}

async function render(
  format: 'text' | 'json' | 'html',
  report: PerformanceReport,
  title: DriftTitle,
): Promise<string> {
  const { performanceHtml, performanceJson, performanceText } = await import('@fairlead/drift');
  if (format === 'text') return severalLines(performanceText(report, title));
  return format === 'html' ? performanceHtml(report, title) : performanceJson(report, title);
}

/** Notice of the metrics that are worse than expected, by day; values of segments are those of requests, and left out. */
function alertNotice(
  { total, days, segments }: PerformanceReport,
  { model, version }: DriftTitle,
): NoticeCondition | undefined {
  const named = withAlerts([total, ...days]).map(
    ({ name, alerts }) => `${name}: ${alerts.join(', ')}`,
  );
  const bySegment = withAlerts(segments).length;
  if (named.length + bySegment === 0) return undefined;
  const listed = named.slice(0, MAX_NAMED);
  if (named.length > MAX_NAMED) listed.push(`${named.length - MAX_NAMED} more days`);
  if (bySegment > 0) listed.push(count(bySegment, 'segment'));
  return {
    ...{ kind: 'performance', model, name: `version:${version}`, severity: 'warning' },
    summary: `${model}: version ${version} is worse than expected (${listed.join('; ')})`,
    details: { version, days: withAlerts(days).length, segments: bySegment },
  };
}

function failOnAlert(report: PerformanceReport, { model, version }: DriftTitle): void {
  const { total, days, segments } = report;
  const groups = withAlerts([total, ...days, ...segments]);
  if (groups.length === 0) return;
  const names = groups.map(({ name, alerts }) => `${name} (${alerts.join(', ')})`);
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `version ${version} of ${model} is worse than expected: ${names.slice(0, MAX_NAMED).join('; ')}`,
  );
}

function withAlerts<T extends { readonly alerts: readonly unknown[] }>(
  groups: readonly T[],
): readonly T[] {
  return groups.filter(({ alerts }) => alerts.length > 0);
}
