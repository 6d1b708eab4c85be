import type { ParityReport } from '@fairlead/parity';
import { oneLine } from '../output/plain-text.ts';
import { count } from '../output/format-values.ts';
import { table } from '../output/table.ts';

/** The page of `--html` has more. */
const SHOWN_ROWS = 5;

/** Formats a parity report: each output, and the rows that differ most. */
export function formatParity(report: ParityReport, title: string): readonly string[] {
  const { rows, parity, outputs, worst } = report;
  return [
    `Compared with ${oneLine(title)} on ${count(rows, 'row')}; maximum absolute difference: ${small(parity)}`,
    '',
    ...table(
      [
        'output',
        'datatype',
        ...right('elements', 'max. abs', 'max. rel', 'mean abs', 'labels equal'),
      ],
      outputs.map((each) => [
        oneLine(each.name),
        each.datatype,
        String(each.elements),
        small(each.maxAbsolute),
        small(each.maxRelative),
        small(each.meanAbsolute),
        each.agreement === undefined ? '' : `${(each.agreement * 100).toFixed(2)} %`,
      ]),
    ),
    ...(worst.length === 0
      ? ['', 'No element differs.']
      : [
          '',
          'The rows that differ most:',
          ...table(
            [...right('row'), 'output', ...right('difference', 'original', 'export'), 'inputs'],
            worst
              .slice(0, SHOWN_ROWS)
              .map((each) => [
                String(each.row),
                oneLine(each.output),
                small(each.difference),
                shown(each.expected),
                shown(each.actual),
                each.inputs.map(shown).join(', '),
              ]),
          ),
        ]),
  ];
}

function right(...titles: readonly string[]) {
  return titles.map((title) => ({ title, align: 'right' as const }));
}

function small(value: number): string {
  return Number.isFinite(value) && value !== 0 ? value.toExponential(2) : String(value);
}

function shown(value: number | string): string {
  return typeof value === 'string'
    ? oneLine(value).slice(0, 40)
    : String(Number(value.toPrecision(7)));
}
