import { formatNumber, formatShare, printable } from '../../report/format-value.ts';
import type { PerformanceGroup } from './performance-report.ts';

/** Most rows of a table; the JSON report has all of them. */
const MAX_ROWS = 400;

/** Cells of days or segments; a metric that is worse than expected is marked. */
export function performanceTable(
  title: string,
  all: readonly PerformanceGroup[],
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const groups = all.slice(0, MAX_ROWS);
  const metricsOf = ({ basis, ...group }: PerformanceGroup) =>
    basis === 'unknown' ? [] : (group[basis] ?? []);
  const names = [...new Set(groups.flatMap((group) => metricsOf(group).map(({ name }) => name)))];
  const rows = groups.map((group) => {
    const values = new Map(metricsOf(group).map(({ name, value }) => [name, value]));
    return [
      printable(group.name),
      String(group.rows),
      group.rows === 0 ? '' : formatShare(group.labeled / group.rows),
      group.basis,
      ...names.map((name) => {
        const value = values.get(name) ?? NaN;
        const mark = group.alerts.includes(name) ? ' !' : '';
        return Number.isNaN(value) ? '' : `${formatNumber(value)}${mark}`;
      }),
    ];
  });
  const more = all.length - groups.length;
  return {
    head: [title, 'rows', 'labeled', 'basis', ...names],
    rows: more > 0 ? [...rows, [`and ${more} more`]] : rows,
  };
}
