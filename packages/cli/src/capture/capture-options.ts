import { CliError } from '../cli-error.ts';
import { timeOf, type TimeOption } from '../options/time-option.ts';
import type { CaptureSelection } from './captured-files.ts';

/** Selection by `model` or `model@3`, and by times. */
export function readSelection(
  argument: string,
  { since, until }: { readonly since: TimeOption; readonly until: TimeOption },
  now: Date,
): CaptureSelection {
  const [model = '', version, ...rest] = argument.split('@');
  if (model === '' || version === '' || rest.length > 0) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `${JSON.stringify(argument)} names no model: use churn, or churn@3 for one version`,
    );
  }
  const span = { since: timeOf(since, now), until: timeOf(until, now) };
  if (!(span.since < span.until)) {
    throw new CliError('ERR_CLI_USAGE', '--since must be before --until');
  }
  return { model, version, ...span };
}
