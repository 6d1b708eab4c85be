import { createBaseline, readBaselineCsv } from '@fairlead/windows';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const signature = {
  inputs: [
    { name: 'age', datatype: 'FP32', shape: [-1] },
    { name: 'city', datatype: 'BYTES', shape: [-1] },
  ],
  outputs: [],
} as const;

const text =
  '\uFEFFcity, age ,note\r\n"Bern, Stadt",31,x\r\n\r\nGenf,,"two\nlines"\r\n"""Q""",1e2,\r\nZürich,nan,""';

const expected = createBaseline(
  { age: [31, null, 100, NaN], city: ['Bern, Stadt', 'Genf', '"Q"', 'Zürich'] },
  { signature },
);

test('quotes, line breaks, empty lines and missing cells are read as in RFC 4180 and pandas', async () => {
  expect(await readBaselineCsv([text], { signature })).toEqual(expected);
});

test('the size of the chunks does not matter, also in the middle of a character', async () => {
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 7, 50]) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    expect(await readBaselineCsv(chunks, { signature })).toEqual(expected);
  }
});

test('any cells are read like columns in memory, in chunks of any size', async () => {
  const row = fc.tuple(
    fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'ü', '😀') }),
  );
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 20 }),
      async (rows, size) => {
        const lines = rows.map(
          ([age, city]) => `${age === null ? '' : String(age)},${quote(city)}`,
        );
        const bytes = Buffer.from(['age,city', ...lines].join('\n'));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        );
        const columns = { age: rows.map(([age]) => age), city: rows.map(([, city]) => city) };
        expect(await readBaselineCsv(chunks, { signature })).toEqual(
          createBaseline(columns, { signature }),
        );
      },
    ),
    { numRuns: 60 },
  );
});

const wide = Buffer.from(`age,city\n1,"${'x'.repeat(2 ** 21)}`);

test.each<[string, string | Uint8Array, string]>([
  ['a missing column', 'age\n1\n', 'has no column "city"; it has "age"'],
  ['a repeated column', 'age,age,city\n1,2,x\n', 'has the column "age" twice'],
  [
    'a text in a column of numbers',
    'age,city\n1,x\nold,y\n',
    'Line 3 of the training table has "old"',
  ],
  ['a hexadecimal number', 'age,city\n0x10,y\n', 'has "0x10" in the column "age"'],
  ['a missing cell', 'age,city\n\n1\n', 'Line 3 of the training table has 1 cells'],
  ['a quote inside a cell', 'age,city\n1,a"b"c\n', 'line 2 has a quote that is not at both ends'],
  ['an open quote in a large file', wide, 'line 2 is longer than 1048576 characters'],
  ['another encoding', Buffer.from('age,city\n1,Z\xfcrich\n', 'latin1'), 'is not UTF-8'],
  ['no rows', 'age,city\n', 'The training table has no rows'],
  ['an empty file', '', 'has no column "age"; it has .'],
])('%s is rejected with its line', async (_title, csv, message) => {
  const reading = readBaselineCsv([csv], { signature });
  await expect(reading).rejects.toThrow(message);
  await expect(reading).rejects.toMatchObject({ code: 'ERR_WINDOWS_TABLE_INVALID' });
});

test('a cell of a million line breaks takes time in proportion to its length', async () => {
  const text = `age,city\n1,"${'\n'.repeat(1_000_000)}"\n`;
  const chunks = text.match(/[^]{1,65536}/g) ?? [];
  const begin = performance.now();
  expect((await readBaselineCsv(chunks, { signature })).rows).toBe(1);
  expect(performance.now() - begin).toBeLessThan(30_000);
});
