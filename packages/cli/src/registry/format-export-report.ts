import type { ExportReport } from '@fairlead/registry/maintenance';
import { count } from '../output/format-values.ts';

/** Says what an export or a backup wrote, or would write. */
export function formatExportReport(verb: string, report: ExportReport): readonly string[] {
  const { dryRun, location, objects, created } = report;
  const there = objects - created;
  const rest = there > 0 ? `; ${there} were there already` : '';
  return [
    ...(dryRun ? ['A dry run: nothing is changed. Without --dry-run:', ''] : []),
    `${verb} ${count(created, 'object')} to ${location}${rest}.`,
  ];
}
