import { stripVTControlCharacters } from 'node:util';

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** @defaultValue 'left' */
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/** Formats rows as a table under titles, without trailing blanks. */
export function table(
  columns: readonly (string | Column)[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const heads = columns.map((column) => (typeof column === 'string' ? { title: column } : column));
  const lines = [heads.map(({ title }) => title), ...rows];
  const widths = heads.map((_head, index) =>
    Math.max(...lines.map((line) => widthOf(line[index] ?? ''))),
  );
  return lines.map((line) =>
    heads
      .map(({ align = 'left' }: Column, index) => {
        const cell = line[index] ?? '';
        const padding = ' '.repeat((widths[index] ?? 0) - widthOf(cell));
        return align === 'right' ? padding + cell : cell + padding;
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** Formats names and values in two columns, without pairs that have no value. */
export function fields(
  pairs: readonly (readonly [name: string, value: string | undefined])[],
): readonly string[] {
  const given = pairs.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const width = Math.max(0, ...given.map(({ name }) => name.length));
  return given.map(({ name, value }) => `${name.padEnd(width)}${GAP}${value}`.trimEnd());
}

function widthOf(text: string): number {
  // Code points, not code units: names outside of the Basic Multilingual Plane count once.
  return Array.from(stripVTControlCharacters(text)).length;
}
