import type { ImportReport } from '@fairlead/registry/maintenance';
import { count } from '../output/format-values.ts';

/** Formats the report of an import or a restore. */
export function formatImportReport(verb: string, report: ImportReport): readonly string[] {
  const { dryRun, models, versions, created, unchanged } = report;
  return [
    ...(dryRun ? ['Dry run: nothing was changed. Without --dry-run:', ''] : []),
    `${verb} ${count(versions, 'version')} of ${count(models.length, 'model')} (${models.join(', ') || 'none'}): ` +
      `${count(created, 'object')} new, ${unchanged} unchanged.`,
  ];
}
