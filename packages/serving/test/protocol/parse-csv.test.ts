import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../src/protocol/scoring/parse-csv.ts';

const cells = (text: string): readonly unknown[] =>
  parseCsv(`a\n${text}`).rows.map(([cell]) => cell);

describe('CSV', () => {
  test('any table comes back from its text, whatever its cells and its line breaks', () => {
    const cell = fc.oneof(
      fc.string().map((text) => [`"${text.replaceAll('"', '""')}"`, text] as const),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map((x) => [String(x), Number(String(x))] as const),
      fc.constantFrom(['1.50', 1.5], ['.5', 0.5], ['+2', 2], ['3.', 3], ['one', 'one'], [
        '-',
        '-',
      ] as const),
    );
    const row = fc.array(cell, { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        (rows, end) => {
          const text = [
            '"w, ""h""",b',
            ...rows.map((each) => each.map(([sent]) => sent).join(',')),
          ].join(end);
          const { columns, rows: read } = parseCsv(text);
          expect(columns).toEqual(['w, "h"', 'b']);
          const expected = rows.map((each) => each.map(([, value]) => numberIn(value)));
          expect(read).toEqual(expected);
        },
      ),
    );
  });

  test.each([
    ['0', 0],
    ['007', 7],
    ['0.1', 0.1],
    ['123456789.12345', 123456789.12345],
    ['0.30000000000000004', 0.30000000000000004],
    ['1e3', 1000],
    [' 2 ', 2],
    ['"4"', 4],
    ['.', '.'],
    ['1.2.3', '1.2.3'],
    ['0x10', '0x10'],
    ['Infinity', 'Infinity'],
  ])('the cell %j is %j', (text, value) => {
    expect(cells(text)).toEqual([value]);
  });

  test('empty lines and a byte order mark are nothing; empty cells are', () => {
    expect(parseCsv('\ufeffa,b\n\n1,\n\r\n,2\n')).toEqual({
      columns: ['a', 'b'],
      rows: [
        [1, ''],
        ['', 2],
      ],
    });
  });

  test.each([
    ['a,b\n1', 'line 2 has 1 cells, but there are 2 columns'],
    ['a,b\n\n1,2\n3', 'line 4 has 1 cells'],
    ['a\n1"2', 'line 2 has a quote inside a cell'],
    ['a\n"1"2', 'line 2 has something behind a quoted cell'],
    ['a\n1\n"2', 'line 3 has a quote that is never closed'],
    ['', 'lines with rows'],
  ])('%j is refused: %s', (text, message) => {
    expect(() => parseCsv(text)).toThrow(message);
  });

  test('a cell of very many digits that is no number in the end', () => {
    const cell = `${'1'.repeat(1_000_000)}x`;
    expect(cells(cell)).toEqual([cell]);
  });
});

/** Text without escapes that reads as a number is one, in quotes too. */
function numberIn(value: string | number): string | number {
  if (typeof value === 'number' || value.includes('"')) return value;
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value) ? Number(value) : value;
}
