import type { ExportReport } from '@fairlead/registry/maintenance';
import { count } from '../output/format-values.ts';

/** Formats the report of an export or a backup. */
export function formatExportReport(verb: string, report: ExportReport): readonly string[] {
  const { dryRun, location, objects, created } = report;
  const there = objects - created;
  const rest = there > 0 ? `; ${there} already existed` : '';
  return [
    ...(dryRun ? ['Dry run: nothing was changed. Without --dry-run:', ''] : []),
    `${verb} ${count(created, 'object')} to ${location}${rest}.`,
  ];
}
