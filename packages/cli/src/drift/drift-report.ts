import type { ModelRegistry } from '@fairlead/registry';
import type { DriftReport } from '@fairlead/drift';
import type { WindowStore } from '@fairlead/windows';
import { CliError } from '../cli-error.ts';
import { readSlots } from './read-slots.ts';
import { readVersionBaseline } from './read-version-baseline.ts';

const HOUR_MS = 3_600_000;
/** Length of the units; that of slots is a setting of the gateways, and this its default. */
const UNIT_MS = { slot: 300_000, hour: HOUR_MS, day: 86_400_000 } as const;

/** Span and unit of a report. */
export interface ReportSpan {
  /** Begin and end in milliseconds since the epoch; both are extended to whole hours or days. */
  readonly since: number;
  readonly until: number;
  readonly unit: 'slot' | 'hour' | 'day';
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
  const partMs = Math.max(HOUR_MS, unitMs);
  const span = {
    from: Math.floor(since / partMs) * partMs,
    to: Math.ceil(until / partMs) * partMs,
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
  const label = { model, version: String(version) };
  const all =
    unit === 'slot'
      ? await readSlots(windows, label, span)
      : await windows.read(label, { ...span, unit });
  const comparable = all.filter((window) => window.baseline === digest);
  // After a change of their length, short slots are judged with those beside them.
  const slotMs = comparable.reduce((longest, { from, to }) => Math.max(longest, to - from), 1);
  return {
    report: judgeDrift(baseline, comparable, { windowMs: unit === 'slot' ? slotMs : unitMs }),
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
    `the span has more than ${MAX_UNITS} windows: use a later --since, or a longer --unit`,
  );
}
