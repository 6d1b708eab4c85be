import type { ModelRegistry } from '@fairlead/registry';
import type { DriftReport } from '@fairlead/drift';
import type { WindowStore } from '@fairlead/windows';
import { CliError } from '../cli-error.ts';
import { readVersionBaseline } from './read-version-baseline.ts';

const UNIT_MS = { hour: 3_600_000, day: 86_400_000 } as const;

/** Span and unit of a report. */
export interface ReportSpan {
  /** Begin and end in milliseconds since the epoch; both are extended to whole units. */
  readonly since: number;
  readonly until: number;
  readonly unit: 'hour' | 'day';
}

/**
 * Judges the windows of a version in a span.
 *
 * @throws CliError `ERR_CLI_CHECK_FAILED` for a version without a baseline, `ERR_CLI_USAGE` for an empty or very long span
 */
export async function reportDrift(
  registry: ModelRegistry,
  windows: Pick<WindowStore, 'read'>,
  { model, version }: { readonly model: string; readonly version: number },
  { since, until, unit }: ReportSpan,
): Promise<{ readonly report: DriftReport; readonly windows: number; readonly others: number }> {
  const unitMs = UNIT_MS[unit];
  const span = {
    from: Math.floor(since / unitMs) * unitMs,
    to: Math.ceil(until / unitMs) * unitMs,
    unit,
  };
  checkSpan(span.from, span.to, unitMs);
  const baseline = await readVersionBaseline(registry, { model, version });
  if (baseline === undefined) {
    throw new CliError(
      'ERR_CLI_CHECK_FAILED',
      `version ${version} of ${model} has no baseline to compare with: push a version with --baseline`,
    );
  }
  const { baselineDigest } = await import('@fairlead/windows');
  const { judgeDrift } = await import('@fairlead/drift');
  const digest = baselineDigest(baseline);
  const all = await windows.read({ model, version: String(version) }, span);
  const comparable = all.filter((window) => window.baseline === digest);
  return {
    report: judgeDrift(baseline, comparable, { windowMs: unitMs }),
    windows: comparable.length,
    others: all.length - comparable.length,
  };
}

const MAX_UNITS = 10_000;

function checkSpan(from: number, to: number, unitMs: number): void {
  if (to <= from) throw new CliError('ERR_CLI_USAGE', '--since must be before --until');
  if (to - from <= MAX_UNITS * unitMs) return;
  throw new CliError(
    'ERR_CLI_USAGE',
    `the span has more than ${MAX_UNITS} windows: use a later --since, or --unit day`,
  );
}
