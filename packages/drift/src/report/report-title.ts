import { describeValue } from '@fairlead/signature';
import { checkOptions, invalidOption } from '../check-options.ts';
import type { DriftReport, DriftStatus, FeatureDrift } from './drift-report.ts';

/** Subject of a report, for its heading. */
export interface DriftTitle {
  readonly model: string;
  readonly version: number | string;
}

/** @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming what the title lacks */
export function checkTitle(name: string, title: DriftTitle): void {
  checkOptions(name, title, { model: 'required', version: 'required' });
}

/** @throws DriftError `ERR_DRIFT_INVALID_OPTION` naming what the report or its title lacks */
export function checkReport(name: string, report: DriftReport, title: DriftTitle): void {
  checkTitle(name, title);
  const { features } = Object(report) as Readonly<Record<string, unknown>>;
  if (Array.isArray(features)) return;
  throw invalidOption(
    `${name}: the report must be a result of judgeDrift, got ${describeValue(report)}.`,
  );
}

const ORDER: readonly DriftStatus[] = ['drift', 'insufficient data', 'ok'];

/** Features and outputs, those with drift first. */
export function byStatus({ features }: DriftReport): readonly FeatureDrift[] {
  return ORDER.flatMap((status) => features.filter((feature) => feature.status === status));
}
