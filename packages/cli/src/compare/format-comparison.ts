import type { TensorSpec } from '@fairlead/signature';
import { jsonText } from '../output/json-text.ts';
import type { Output } from '../output/output.ts';
import { oneLine } from '../output/plain-text.ts';
import { formatBytes, formatNumber } from '../output/format-values.ts';
import { table } from '../output/table.ts';
import { type Difference, isSame, type VersionComparison } from './compare-versions.ts';

/** Formats the comparison of two versions. */
export function formatComparison(
  output: Output,
  comparison: VersionComparison & { readonly breakingChanges: readonly string[] },
): readonly string[] {
  const { model, before, after, metrics, measurements, tensors, files, lineage } = comparison;
  const { breakingChanges } = comparison;
  const heads = [`version ${before}`, `version ${after}`];
  const part = (
    title: string,
    rows: readonly (readonly string[])[],
    more: readonly string[] = [],
  ) =>
    rows.length === 0
      ? []
      : ['', output.paint('strong', title), ...table(['', ...heads, ...more], rows)];
  return [
    `${model}: version ${before} and version ${after}`,
    ...part('Metrics', metrics.map(numbers), ['difference']),
    ...part('Measured', measurements.map(numbers), ['difference']),
    ...part(
      'Signature',
      tensors.map((each) => values(each, formatTensor)),
    ),
    '',
    breakingChanges.length === 0
      ? `Version ${after} is backward compatible with version ${before}.`
      : output.paint('bad', `Breaking changes for clients of version ${before}:`),
    ...breakingChanges.map((change) => `  ${oneLine(change)}`),
    ...part(
      'Files',
      files.map((each) => [
        ...values(each, ({ sha256, size }) => `${sha256.slice(0, 12)} ${formatBytes(size)}`),
        isSame(each) ? 'same' : 'differs',
      ]),
      [''],
    ),
    ...part(
      'Lineage',
      lineage.map((each) => values(each, (value) => oneLine(jsonText(value)))),
    ),
  ];
}

function values<T>(
  { name, before, after }: Difference<T>,
  show: (value: T) => string,
): readonly string[] {
  return [
    oneLine(name),
    ...[before, after].map((value) => (value === undefined ? '-' : show(value))),
  ];
}

function numbers(difference: Difference<number>): readonly string[] {
  const { before, after } = difference;
  const change = before === undefined || after === undefined ? undefined : after - before;
  const sign = change !== undefined && change > 0 ? '+' : '';
  return [
    ...values(difference, formatNumber),
    change === undefined || change === 0 ? '' : sign + formatNumber(change),
  ];
}

function formatTensor({ datatype, shape }: TensorSpec): string {
  return `${datatype} [${shape.join(', ')}]`;
}
