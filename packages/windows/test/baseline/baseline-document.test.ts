import {
  baselineDocument,
  createBaseline,
  decodeBaseline,
  encodeBaseline,
  parseBaseline,
  WindowsError,
} from '@fairlead/windows';
import { expect, test } from 'vitest';

const signature = {
  inputs: [
    { name: 'x', datatype: 'FP64', shape: [-1, 2] },
    { name: 'city', datatype: 'BYTES', shape: [-1] },
  ],
  outputs: [{ name: 'score', datatype: 'FP64', shape: [-1] }],
} as const;
const numbers = Array.from({ length: 200 }, (_, row) => Math.sin(row) * 10 ** ((row % 40) - 20));
const baseline = createBaseline(
  {
    'x[0]': numbers,
    'x[1]': numbers.map((_, row) => (row % 3 === 0 ? null : row % 5)),
    city: numbers.map((_, row) => `c${row % 80}`),
    score: numbers.map((_, row) => row / 200),
    label: numbers.map((_, row) => row % 2),
  },
  { signature, label: 'label', scores: 'score' },
);

test('a baseline that was written and read is equal, to the last bit', () => {
  expect(parseBaseline(encodeBaseline(baseline))).toEqual(baseline);
  expect(parseBaseline(Buffer.from(encodeBaseline(baseline)))).toEqual(baseline);
  expect(decodeBaseline(baselineDocument(baseline))).toEqual(baseline);
  expect(() => decodeBaseline([])).toThrow(
    'baseline: the document must be an object, got an array',
  );
});

test.each(['FP32', 'FP16', 'INT16'] as const)(
  'bins of %s are stored as they count, also when numbers are close',
  (datatype) => {
    const x = numbers.map((_, row) => 1000 + row / (datatype === 'FP32' ? 16_000 : 1));
    const inputs = [{ name: 'x', datatype, shape: [-1] }] as const;
    const created = createBaseline({ x: [...x, ...x, 1] }, { signature: { inputs, outputs: [] } });
    expect(created.features[0]?.bins.kind).toBe('edges');
    expect(parseBaseline(encodeBaseline(created))).toEqual(created);
  },
);

test('a baseline that version 0.1 stored is read', () => {
  const stored =
    '{"format":"fairlead-baseline","version":1,"rows":3,"sampledRows":3,"features":[{"name":"x","tensor":"x","index":0,"datatype":"FP32","bins":{"kind":"values","values":[1,2]},"counts":{"counts":[1,2],"sum":[5],"min":1,"max":2},"mean":1.6666666666666667,"standardDeviation":0.4714045207910317}],"outputs":[]}';
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1] }] as const;
  const created = createBaseline({ x: [1, 2, 2] }, { signature: { inputs, outputs: [] } });
  expect(parseBaseline(stored)).toMatchObject({
    rows: 3,
    features: [{ counts: { counts: [1, 2] } }],
  });
  expect(encodeBaseline(created)).toBe(stored);
});

const changed = (change: (document: Record<string, unknown>) => void): string => {
  const document = JSON.parse(encodeBaseline(baseline)) as Record<string, unknown>;
  change(document);
  return JSON.stringify(document);
};
const feature = (change: Record<string, unknown>): string =>
  changed((document) => {
    const features = document.features as Record<string, unknown>[];
    features[0] = { ...features[0], ...change };
  });

test.each<[string, string | Uint8Array, string]>([
  ['no JSON', '{', 'baseline.json: it is not JSON in UTF-8'],
  ['other bytes', Uint8Array.of(0x7b, 0xff, 0x7d), 'it is not JSON in UTF-8'],
  ['a list', '[]', 'the document must be an object, got an array'],
  ['another format', '{"format":"x"}', 'format must be "fairlead-baseline", got "x"'],
  [
    'a later version',
    changed((d) => (d.version = 2)),
    'version must be an integer from 1 to 1, got 2',
  ],
  ['negative rows', changed((d) => (d.rows = -1)), 'rows must be an integer from 0'],
  [
    'more sampled than there are',
    changed((d) => (d.sampledRows = 201)),
    'sampledRows must be an integer from 0 to 200, got 201',
  ],
  [
    'features of an object',
    changed((d) => (d.features = {})),
    'features must be a list, got object',
  ],
  [
    'a feature of null',
    changed((d) => (d.features = [null])),
    'features[0] must be an object, got null',
  ],
  [
    'too many features',
    changed((d) => (d.features = Array.from({ length: 10_001 }, () => 0))),
    'features has 10001 elements; the limit is 10000',
  ],
  ['a repeated name', feature({ name: 'city' }), 'the names of features has "city" twice'],
  [
    'a long name',
    feature({ name: 'x'.repeat(600) }),
    'features[0].name has 600 characters; the limit is 512',
  ],
  [
    'an unknown datatype',
    feature({ datatype: 'float32' }),
    'features[0].datatype must be "BOOL" or',
  ],
  [
    'unknown bins',
    feature({ bins: { kind: 'log' } }),
    'bins.kind must be "edges" or "values" or "categories", got "log"',
  ],
  [
    'one edge',
    feature({ bins: { kind: 'edges', edges: [1] } }),
    'bins.edges must be a list of two edges',
  ],
  [
    'descending edges',
    feature({ bins: { kind: 'edges', edges: [1, 2, 2] } }),
    'bins.edges[2] must be a number above 2, got 2',
  ],
  [
    'an edge that is no number',
    feature({ bins: { kind: 'edges', edges: [1, null] } }),
    'bins.edges[1] must be a finite number, got null',
  ],
  [
    'a repeated category',
    feature({ bins: { kind: 'categories', categories: ['a', 'a'] } }),
    'categories has "a" twice',
  ],
  [
    'other counts than bins',
    feature({ bins: { kind: 'values', values: [1, 2] } }),
    'features[0].counts.counts has',
  ],
  [
    'a fraction of a count',
    feature({ bins: { kind: 'values', values: [1] }, counts: { counts: [0.5] } }),
    'counts.counts[0] must be an integer from 0',
  ],
  [
    'a count beyond 2^53',
    feature({ bins: { kind: 'values', values: [1] }, counts: { missing: 2 ** 53 } }),
    'counts.missing must be an integer',
  ],
  [
    'a sum that overflows',
    feature({ bins: { kind: 'values', values: [1] }, counts: { sum: [1e308] } }),
    'counts.sum[0] must be a number within',
  ],
  [
    'calibration of other counts',
    changed(
      (d) =>
        (d.calibration = {
          tensor: 's',
          classes: [{ label: '1', index: 0, scores: [0.1], counts: [], positives: [1] }],
        }),
    ),
    'calibration.classes[0].counts must be a list of 1 counts',
  ],
])('%s is rejected with its position and value', (_title, text, message) => {
  const parse = () => parseBaseline(text);
  expect(parse).toThrow(message);
  expect(parse).toThrow(WindowsError);
  expect(parse).toThrow(expect.objectContaining({ code: 'ERR_WINDOWS_BASELINE_INVALID' }) as Error);
});

test('bins of numbers with 64 bits are rounded to the datatype of the tensor', () => {
  const parse = (kind: string, numbers: readonly number[]) =>
    parseBaseline(feature({ datatype: 'FP32', bins: { kind, [kind]: numbers }, counts: {} }))
      .features[0]?.bins;
  const values = [0.1, 0.3, 0.7];
  expect(parse('values', values)).toEqual({ kind: 'values', values: values.map(Math.fround) });
  // 0.1 has a separate bin.
  const after = 0.10000000000000002;
  const [first, third] = [Math.fround(0.1), Math.fround(0.7)];
  expect(parse('edges', [0.1, after, 0.7])).toEqual({
    kind: 'edges',
    edges: [first, 0.10000000149011613, third],
  });
  expect(() => parse('values', [0.1, 0.1000000001])).toThrow('bins.values (as FP32)[1] must be');
});

test('a baseline above the limit is rejected before it is parsed', () => {
  const large = `{"x":"${'y'.repeat(32 * 1024 * 1024)}"}`;
  expect(() => parseBaseline(large)).toThrow('it has more than 33554432 bytes');
});

test('deeply nested JSON is ignored or rejected, and never ends the process', () => {
  const nested = '['.repeat(100_000) + ']'.repeat(100_000);
  const text = `{"format":"fairlead-baseline","version":1,"rows":1,"x":${nested}}`;
  expect(() => parseBaseline(`${text}}`)).toThrow(WindowsError);
  try {
    expect(parseBaseline(text).rows).toBe(1);
  } catch (error) {
    expect(error).toBeInstanceOf(WindowsError);
  }
});
