import { checkList, checkOptions } from './check-options.ts';
import type { ParityReport } from './parity-report.ts';

/** Subject of a report, for its heading. */
export interface ParityTitle {
  readonly model: string;
  readonly version: number;
  /** Description of the original: `scikit-learn under Flask`. */
  readonly original: string;
}

const titleNames = { model: 'required', version: 'required', original: 'required' } as const;

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (value: unknown): string =>
  String(value).replaceAll(/[&<>"']/g, (each) => escapes[each] ?? '');

const number = (value: number): string =>
  Number.isFinite(value) ? value.toPrecision(3) : String(value);

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}' +
  'table{border-collapse:collapse;margin:1rem 0}th,td{border-bottom:1px solid #d5dce4;padding:.25rem .75rem;text-align:right}' +
  'th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto}';

/**
 * Renders a report as one HTML page without external resources: figures, a histogram, the worst rows.
 *
 * @throws ParityError `ERR_PARITY_INVALID_OPTION` naming what the report or its title lacks
 *
 * @example
 * ```ts
 * import { compareOutputs, parityHtml } from '@fairlead/parity';
 *
 * const y = { name: 'y', datatype: 'FP32', shape: [1], data: [1] } as const;
 * const report = compareOutputs([{ inputs: [], expected: [y], actual: [y] }]);
 * const page = parityHtml(report, { model: 'digits', version: 3, original: 'scikit-learn under Flask' });
 * ```
 */
export function parityHtml(report: ParityReport, title: ParityTitle): string {
  const { model, version, original } = checkOptions('parityHtml', title, titleNames);
  const lists = report as Partial<ParityReport> | undefined;
  for (const name of ['outputs', 'worst', 'histogram'] as const) {
    checkList<unknown>(`parityHtml: ${name} of the report`, lists?.[name]);
  }
  const heading = `Parity of ${escape(model)} version ${version}`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${heading}</title><style>${STYLE}</style></head>
<body>
<h1>${heading}</h1>
<p>Compared with ${escape(original)} on ${report.rows} rows. Maximum absolute difference: <strong>${number(report.parity)}</strong>.</p>
${table(
  [
    'output',
    'datatype',
    'elements',
    'max. absolute',
    'max. relative',
    'mean absolute',
    'labels equal',
  ],
  report.outputs.map((each) => [
    each.name,
    each.datatype,
    each.elements,
    number(each.maxAbsolute),
    number(each.maxRelative),
    number(each.meanAbsolute),
    each.agreement === undefined ? '' : `${(each.agreement * 100).toFixed(2)} %`,
  ]),
)}
<h2>Differences of the elements</h2>
${histogram(report.histogram)}
<h2>Rows with the largest differences</h2>
${
  report.worst.length === 0
    ? '<p>No element differs.</p>'
    : table(
        ['row', 'output', 'difference', 'original', 'export', 'inputs'],
        report.worst.map((each) => [
          each.row,
          each.output,
          number(each.difference),
          each.expected,
          each.actual,
          each.inputs.join(', '),
        ]),
      )
}
</body>
</html>
`;
}

function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = (tag: string, values: readonly unknown[]): string =>
    `<tr>${values.map((value) => `<${tag}>${escape(value)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells('th', head)}${rows.map((row) => cells('td', row)).join('')}</table>`;
}

/** Histogram of the differences by powers of ten; the height of a bar is the logarithm of its count. */
function histogram(counts: readonly number[]): string {
  const width = 52;
  const height = 160;
  const most = Math.max(1, ...counts.map((count) => Math.log10(count + 1)));
  const bars = counts.map((count, index) => {
    const bar = (Math.log10(count + 1) / most) * height;
    const label = index === counts.length - 1 ? 'more' : `≤1e${index - 9}`;
    const x = index * width;
    return (
      `<rect x="${x + 4}" y="${(20 + height - bar).toFixed(1)}" width="${width - 8}" height="${bar.toFixed(1)}" fill="#2f6f9f"/>` +
      `<text x="${x + width / 2}" y="${(14 + height - bar).toFixed(1)}">${count}</text>` +
      `<text x="${x + width / 2}" y="${height + 38}">${label}</text>`
    );
  });
  const total = counts.length * width;
  return `<svg viewBox="0 0 ${total} ${height + 48}" width="${total}" role="img" aria-label="Histogram of absolute differences" font-size="12" text-anchor="middle">${bars.join('')}</svg>`;
}
