import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readCsv,
  recordsTable,
  splitTable,
  tableTensors,
  tensorAsJson,
  type CsvOptions,
  type Signature,
  type TensorSpec,
} from '@fairlead/signature';

type Inputs = Pick<Signature, 'inputs'>;

const of = (...inputs: TensorSpec[]): Inputs => ({ inputs });
const x = (datatype: TensorSpec['datatype'], ...shape: number[]): TensorSpec => ({
  name: 'x',
  datatype,
  shape,
});
const named: TensorSpec = {
  ...x('FP32', -1, 2),
  features: [{ name: 'width' }, { name: 'height' }],
};
const mixed = of(
  { name: 'text', datatype: 'BYTES', shape: [-1] },
  { name: 'id', datatype: 'INT64', shape: [-1, 1] },
  { name: 'flag', datatype: 'BOOL', shape: [-1] },
  { name: 'size', datatype: 'FP64', shape: [-1] },
);

const dataOf = (table: Parameters<typeof tableTensors>[0], inputs: Inputs) =>
  tableTensors(table, inputs).map((tensor) => tensorAsJson(tensor).data);
const csv = (text: string, inputs: Inputs, header: CsvOptions['header'] = 'present') =>
  dataOf(readCsv(text, inputs, { header }), inputs);

describe('a cell of CSV is read by the datatype of its column', () => {
  test('a text that looks like a number is text, quoted or not', () => {
    const text =
      'text,id,flag,size\n"02139",1,1,2\n007,2,0,.5\n1e5,3,True,\nNaN,4,False,inf\n ,5,1.0,-inf\n';
    expect(csv(text, mixed)).toEqual([
      ['02139', '007', '1e5', 'NaN', ' '],
      [1n, 2n, 3n, 4n, 5n],
      [true, false, true, false, true],
      [2, 0.5, null, 'Infinity', '-Infinity'],
    ]);
  });

  test.each([
    ['0', 0],
    ['007', 7],
    ['0.1', 0.1],
    ['-3', -3],
    ['-0.5', -0.5],
    ['123456789.12345', 123456789.12345],
    ['0.30000000000000004', 0.30000000000000004],
    ['1e3', 1000],
    [' 2 ', 2],
    ['"4"', 4],
    ['+2', 2],
    ['.5', 0.5],
    ['3.', 3],
    ['True', 1],
    ['FALSE', 0],
    ['""', null],
    ['nan', null],
    ['NA', null],
    ['<NA>', null],
    ['None', null],
    ['inf', 'Infinity'],
    ['-Infinity', '-Infinity'],
  ])('the FP64 cell %j is %j', (cell, value) => {
    expect(csv(`x\n${cell}\n`, of(x('FP64', -1)))).toEqual([[value]]);
  });

  test.each([
    ['1', 1n],
    ['1.0', 1n],
    ['-7.000', -7n],
    ['1e5', 100000n],
    ['9007199254740993', 9007199254740993n],
    ['9007199254740993.0', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['"12"', 12n],
    ['true', 1n],
  ])('the INT64 cell %j has all of its digits', (cell, value) => {
    expect(csv(`x\n${cell}\n`, of(x('INT64', -1)))).toEqual([[value]]);
  });

  test.each<[TensorSpec['datatype'], string]>([
    ['FP32', 'one'],
    ['FP32', '1,000'],
    ['FP32', '0x10'],
    ['FP32', '1.2.3'],
    ['FP32', '-'],
    ['FP32', '1e39'],
    ['FP64', '1e400'],
    ['INT8', ''],
    ['INT8', '1.5'],
    ['INT8', '128'],
    ['INT64', ''],
    ['INT64', 'nan'],
    ['INT64', '1.5'],
    ['INT64', '9223372036854775808'],
    ['INT64', '12345678901234567e1'],
    ['UINT64', '-1'],
    ['BOOL', 'yes'],
    ['BOOL', ''],
    ['BOOL', '2'],
  ])('%s has no value %j, and the message names line and column', (datatype, cell) => {
    const read = () => csv(`x\n0\n"${cell}"\n`, of(x(datatype, -1)));
    expect(read).toThrow('line 3, column "x"');
    expect(read).toThrow(expect.objectContaining({ code: 'ERR_SIGNATURE_TENSOR_INVALID' }));
  });

  test('a cell of very many digits that is no number in the end takes no time', () => {
    const cell = `${'1'.repeat(1_000_000)}x`;
    for (const datatype of ['FP32', 'INT32', 'INT64'] as const) {
      expect(() => csv(`x\n${cell}\n`, of(x(datatype, -1)))).toThrow('line 2');
    }
    expect(csv(`x\n${cell}\n`, of(x('BYTES', -1)))).toEqual([[cell]]);
  });
});

test('any table is read back from its CSV, with any cells and line breaks', () => {
  const inputs = of(
    { name: 'w, "h"', datatype: 'BYTES', shape: [-1] },
    { name: 'b', datatype: 'FP64', shape: [-1] },
  );
  const texts = fc.string().map((text) => [`"${text.replaceAll('"', '""')}"`, text] as const);
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(texts, number), { minLength: 1 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      (rows, end, quoted) => {
        const cell = (value: number) => (quoted ? `"${value}"` : String(value));
        const lines = rows.map(([[sent], value]) => `${sent},${cell(value)}`);
        const text = ['"w, ""h""",b', ...lines].join(end);
        const expected = [
          rows.map(([[, value]]) => value.toWellFormed()),
          rows.map(([, value]) => Number(String(value))),
        ];
        const wellFormed = rows.every(([[, value]]) => value.isWellFormed());
        if (wellFormed) expect(csv(text, inputs)).toEqual(expected);
      },
    ),
  );
});

describe('the first line of CSV', () => {
  const plain = of(x('FP32', -1, 3));
  test.each<[string, string, Inputs, unknown]>([
    ['numbers are a row', '1,2,3\n4,5,6\n', plain, [[1, 2, 3, 4, 5, 6]]],
    ['one line of numbers is a row', '1,2,3', plain, [[1, 2, 3]]],
    ['a missing value among numbers is a row', '1,,3\n', plain, [[1, null, 3]]],
    ['a row of missing values is a row', ',,\n1,2,3\n', plain, [[null, null, null, 1, 2, 3]]],
    ['0,1,2 is a row', '0,1,2\n', plain, [[0, 1, 2]]],
    ['names of no feature are names', 'a,b,c\n1,2,3\n', plain, [[1, 2, 3]]],
    ['numbers for features with names are a row', '1,2\n3,4\n', of(named), [[1, 2, 3, 4]]],
    ['names of features are names', 'height,width\n1,2\n', of(named), [[2, 1]]],
    ['names, and an index without one', ',height,width\n0,1,2\n', of(named), [[2, 1]]],
    [
      'texts and numbers are a row',
      '"02139",1,1,2\n007,2,0,3\n',
      mixed,
      [
        ['02139', '007'],
        [1n, 2n],
        [true, false],
        [2, 3],
      ],
    ],
    [
      'names of inputs are names',
      'size,flag,id,text\n2,1,1,02139\n',
      mixed,
      [['02139'], [1n], [true], [2]],
    ],
    ['texts are rows of texts', 'a,b\nc,d\n', of(x('BYTES', -1, 2)), [['a', 'b', 'c', 'd']]],
    ['the name of the input is a name', 'x\na\n', of(x('BYTES', -1)), [['a']]],
    [
      'a feature whose name is a number names nothing',
      '1,0\n2,3\n',
      of({ ...named, features: [{ name: '0' }, { name: '1' }] }),
      [[1, 0, 2, 3]],
    ],
  ])('where it may be a row: %s', (_name, text, inputs, data) => {
    expect(csv(text, inputs, 'detect')).toEqual(data);
  });

  test.each<[string, string, Inputs, string]>([
    ['one wrong cell is a wrong row', '1,q,3\n', plain, 'found "q" in line 1, column 2'],
    ['a name that is misspelled', 'width,hieght\n1,2\n', of(named), 'no column "height"'],
    [
      'a name among texts that is misspelled',
      'x,z\na,b\n',
      of(x('BYTES', -1), { ...x('BYTES', -1), name: 'y' }),
      'no column "y"',
    ],
    ['a cell too many', '1,2,3,4\n', plain, 'needs 3 columns and there are 4'],
    ['a cell too few, of several inputs', 'a,1,1\n', mixed, 'there are 3; the inputs'],
  ])('where it may be a row: %s', (_name, text, inputs, message) => {
    expect(() => csv(text, inputs, 'detect')).toThrow(message);
  });

  test.each<[string, string, Inputs, unknown]>([
    ['names', 'a,b,c\n1,2,3\n', plain, [[1, 2, 3]]],
    ['numbers from 0, of a DataFrame made of an array', '0,1,2\n1,2,3\n', plain, [[1, 2, 3]]],
    ['numbers for features with names', '0,1\n1,2\n', of(named), [[1, 2]]],
    ['the features, in another order', 'height,width\n1,2\n', of(named), [[2, 1]]],
    [
      'features whose names are numbers',
      '1,0\n2,3\n',
      of({ ...named, features: [{ name: '0' }, { name: '1' }] }),
      [[3, 2]],
    ],
  ])('where it always holds names: %s', (_name, text, inputs, data) => {
    expect(csv(text, inputs)).toEqual(data);
  });

  test('with a header that is always present, a first line of numbers is rejected and not lost', () => {
    for (const text of ['1,2,3\n4,5,6\n', '1.5,2,3\n', '5,5,5\n']) {
      expect(() => csv(text, plain)).toThrow('must name the columns, and it holds only numbers');
    }
  });
});

describe('lines of CSV', () => {
  test('empty lines and a byte order mark are ignored; empty cells are values', () => {
    const inputs = of(named);
    const text = '\ufeffwidth,height\n\n1,\n\r\n,2\n';
    expect(csv(text, inputs)).toEqual([[1, null, null, 2]]);
    expect(csv('\n\nx\n\n1\n2\n\n\n', of(x('FP32', -1)))).toEqual([[1, 2]]);
  });

  test.each([
    ['a,b\n1', 'line 2 has 1 cells, but there are 2 columns'],
    ['a,b\n\n1,2\n3', 'line 4 has 1 cells'],
    ['a,b\n1"2,1', 'line 2 has a quote inside a cell'],
    ['a,b\n"1"2,1', 'line 2 has text after a quoted cell'],
    ['a,b\n1,2\n"2', 'line 3 has a quote that is never closed'],
    ['a,b\n', 'the CSV has no rows'],
    ['', 'the CSV is empty'],
    ['\n\n', 'the CSV is empty'],
  ])('%j is rejected: %s', (text, message) => {
    expect(() => csv(text, of(x('FP32', -1, 2)))).toThrow(
      expect.objectContaining({
        code: 'ERR_SIGNATURE_TABLE_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  test('an empty line among rows of one column is rejected: it may be a missing value', () => {
    expect(() => csv('x\n1\n\n2\n', of(x('FP32', -1)))).toThrow('line 3 is empty');
    expect(csv('x\n1\n""\n2\n', of(x('FP32', -1)))).toEqual([[1, null, 2]]);
  });
});

describe('a table in JSON', () => {
  const split = (columns: unknown, ...data: unknown[]) => splitTable({ columns, index: [0], data });
  test.each<[string, Parameters<typeof tableTensors>[0], Inputs, unknown]>([
    ['numbered columns', split([0, 1, 2], [1, 2, 3]), of(x('FP32', -1, 3)), [[1, 2, 3]]],
    ['numbered columns for names', split([0, 1], [1, 2]), of(named), [[1, 2]]],
    [
      'numbered columns for several inputs',
      split([0, 1, 2, 3], ['a', 1, true, 2]),
      mixed,
      [['a'], [1n], [true], [2]],
    ],
    ['no columns', split(null, [1, 2]), of(named), [[1, 2]]],
    ['missing values', split(['height', 'width'], [null, 1]), of(named), [[1, null]]],
    ['booleans among numbers', split(['width', 'height'], [true, false]), of(named), [[1, 0]]],
    [
      'more columns than are needed',
      split(['id', 'width', 'height'], [7, 1, 2]),
      of(named),
      [[1, 2]],
    ],
    [
      'more columns than inputs',
      recordsTable([{ size: 1, more: [], flag: 0, id: 2, text: 'a' }]),
      mixed,
      [['a'], [2n], [false], [1]],
    ],
    [
      'records in another order',
      recordsTable([
        { width: 1, height: 2 },
        { height: 4, width: 3 },
      ]),
      of(named),
      [[1, 2, 3, 4]],
    ],
    [
      'cells that are lists of one',
      recordsTable([{ x: [23] }, { x: [24] }]),
      of(x('FP32', -1, 1)),
      [[23, 24]],
    ],
    ['cells for lists of one', recordsTable([{ x: 23 }]), of(x('FP32', -1, 1)), [[23]]],
    ['cells that are lists', recordsTable([{ x: [1, 2] }]), of(x('FP32', -1, 2)), [[1, 2]]],
    [
      'cells that are lists, in any column',
      split(['unrelated'], [[1, 2]]),
      of(x('FP32', -1, 2)),
      [[1, 2]],
    ],
    [
      'cells that are rows of a matrix',
      split(null, [
        [1, 2],
        [3, 4],
      ]),
      of(x('FP32', -1, 2, 2)),
      [[1, 2, 3, 4]],
    ],
    ['cells for a matrix', split(null, [1, 2, 3, 4]), of(x('FP32', -1, 2, 2)), [[1, 2, 3, 4]]],
    ['rows of any length', split(['a', 'b'], [1, 2]), of(x('INT32', -1, -1)), [[1, 2]]],
  ])('%s', (_name, table, inputs, data) => {
    expect(dataOf(table, inputs)).toEqual(data);
  });

  test.each<[string, () => unknown, string]>([
    [
      'a missing column',
      () => dataOf(split(['width'], [1]), of(named)),
      'no column "height"; it has "width"',
    ],
    [
      'a column twice',
      () => dataOf(split(['width', 'height', 'width'], [1, 2, 3]), of(named)),
      '"width" twice',
    ],
    [
      'a row too short',
      () => dataOf(split(['width', 'height'], [1, 2], [1]), of(named)),
      'row 1 of "data" has 1 cells',
    ],
    [
      'a record without a column',
      () => dataOf(recordsTable([{ width: 1, height: 2 }, { width: 1 }]), of(named)),
      'no value in record 1, column "height"',
    ],
    ['no rows', () => dataOf(split(['width', 'height']), of(named)), 'has no rows'],
    ['no records', () => dataOf(recordsTable([]), of(named)), 'has no rows'],
    [
      'text for a number',
      () => dataOf(split(null, ['1', 2]), of(named)),
      'found "1" in row 0 of "data", column 1',
    ],
    ['a number for text', () => dataOf(split(null, [2139]), of(x('BYTES', -1))), 'found 2139'],
    ['a missing integer', () => dataOf(split(null, [null]), of(x('INT32', -1))), 'found null'],
    ['a missing text', () => dataOf(split(null, [null]), of(x('BYTES', -1))), 'found null'],
    ['columns that are lists', () => split([['a', 1]], [1]), 'list of names or numbers'],
    ['data that is no list', () => splitTable({ data: 1 }), 'must be {"columns"'],
    ['a row that is no list', () => split(null, 1), 'row 0 of "data" must be a list'],
    ['a record that is none', () => recordsTable([1]), 'record 0 must be'],
    [
      'a list too short in a column',
      () => dataOf(recordsTable([{ x: [1, 2] }, { x: [1] }]), of(x('FP32', -1, 2))),
      'lists of 2',
    ],
    [
      'rows of any shape',
      () => dataOf(split(null, [1]), of(x('FP32', -1, -1, -1))),
      'rows of any shape',
    ],
  ])('is rejected: %s', (_name, read, message) => {
    expect(read).toThrow(message);
  });

  test('an input of very many elements allocates nothing if the columns do not match', () => {
    const image = (name: string): TensorSpec => ({ name, datatype: 'FP32', shape: [-1, 1e7] });
    const inputs = of(image('a'), image('b'));
    expect(() => dataOf(split(null, [1, 2]), inputs)).toThrow('take 20000000');
  });
});
