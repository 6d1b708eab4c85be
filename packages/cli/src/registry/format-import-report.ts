import type { ImportReport } from '@fairlead/registry/maintenance';
import { count } from '../output/format-values.ts';

/** Says what an import or a restore brought, or would bring. */
export function formatImportReport(verb: string, report: ImportReport): readonly string[] {
  const { dryRun, models, versions, created, unchanged } = report;
  return [
    ...(dryRun ? ['A dry run: nothing is changed. Without --dry-run:', ''] : []),
    `${verb} ${count(versions, 'version')} of ${count(models.length, 'model')} (${models.join(', ') || 'none'}): ` +
      `${count(created, 'object')} new, ${unchanged} there already.`,
  ];
}
