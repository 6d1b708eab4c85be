import type { Output } from '../output/output.ts';
import { oneLine } from '../output/plain-text.ts';
import { formatNumber, formatTime } from '../output/format-values.ts';
import { fields, table } from '../output/table.ts';
import type { ModelDetails, VersionSummary } from './read-model.ts';

const SHOWN_METRICS = 3;

/** Formats a model: aliases, gates and versions. */
export function formatModel(output: Output, found: ModelDetails): readonly string[] {
  const { model, aliases, gates, tags, versions } = found;
  const aliasesOf = (version: number): string =>
    Object.entries(aliases)
      .flatMap(([alias, target]) => (target === version ? [alias] : []))
      .join(', ');
  const [head = '', ...rows] = table(
    [
      { title: 'version', align: 'right' },
      'pushed',
      'by',
      'runtime',
      'aliases',
      'metrics',
      'remarks',
    ],
    versions.map((each) => [
      String(each.version),
      formatTime(each.created),
      oneLine(each.actor),
      each.runtime.name,
      aliasesOf(each.version),
      formatMetrics(each.metrics),
      remarks(each),
    ]),
  );
  return [
    ...fields([
      ['model', model],
      ...Object.entries(gates).map(
        ([alias, list]) => [`gates of ${alias}`, list.join('; ')] as const,
      ),
      ['tags', formatTags(tags)],
    ]),
    '',
    output.paint('faint', head),
    ...rows,
  ];
}

/** Formats the first few metrics. */
function formatMetrics(metrics: Readonly<Record<string, number>>): string {
  const all = Object.entries(metrics).map(
    ([name, value]) => `${oneLine(name)} ${formatNumber(value)}`,
  );
  return all.slice(0, SHOWN_METRICS).join(', ') + (all.length > SHOWN_METRICS ? ', …' : '');
}

/** Formats tags; undefined when there are none. */
export function formatTags(tags: Readonly<Record<string, string>>): string | undefined {
  const all = Object.entries(tags).map(([name, value]) => `${oneLine(name)}=${oneLine(value)}`);
  return all.length === 0 ? undefined : all.join(', ');
}

function remarks({ archived, approvedBy, tags }: VersionSummary): string {
  return [
    ...(archived ? ['archived'] : []),
    ...(approvedBy.length > 0 ? [`approved by ${approvedBy.map(oneLine).join(', ')}`] : []),
    ...[formatTags(tags) ?? []].flat(),
  ].join('; ');
}
