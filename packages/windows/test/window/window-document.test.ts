import {
  BinCounter,
  createBaseline,
  emptyWindow,
  encodeWindow,
  parseWindow,
  WindowsError,
} from '@fairlead/windows';
import { expect, test } from 'vitest';

const label = { model: 'churn', version: '3', variant: 'canary' };

test('a window with 100 features of 64 full bins takes at most 64 KiB', () => {
  const features = Array.from({ length: 100 }, (_, index) => ({ name: `feature_number_${index}` }));
  const values = Array.from({ length: 2000 }, (_, row) => Math.fround(Math.sin(row) * 100));
  const columns = Object.fromEntries(features.map(({ name }) => [name, values]));
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 100], features }] as const;
  const baseline = createBaseline(columns, { signature: { inputs, outputs: [] } });
  const window = emptyWindow(label, 0, 300_000, baseline);
  const counted = baseline.features.map(({ name, bins }) => {
    const counter = new BinCounter(bins);
    if (bins.kind !== 'edges') throw new Error('expected edges');
    // 300 rows a second in each bin, for five minutes, and as many out of range.
    for (const edge of bins.edges) counter.addNumber(edge, 2 ** 16);
    for (const value of values) counter.addNumber(value * 1.7);
    counter.addMissing(90_000);
    return { name, counts: counter.counts() };
  });
  const text = encodeWindow({ ...window, requests: 2 ** 23, features: counted });
  expect(counted[0]?.counts.counts.every((count) => count >= 2 ** 16)).toBe(true);
  expect(counted[0]?.counts.under).toBeGreaterThan(0);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(64 * 1024);
  expect(parseWindow(text).features).toEqual(counted);
});

test('a window that version 0.1 stored is read', () => {
  const stored =
    '{"format":"fairlead-window","version":1,"window":{"model":"churn","version":"3","windows":1,"requests":5,"rows":6,"fallbacks":1,"cacheHits":2,"sample":{"rows":3,"weight":6,"squaredWeight":12},"lost":{"requests":0,"windows":1},"from":"2026-11-28T16:45:00.000Z","to":"2026-11-28T16:50:00.000Z","failures":{"BACKEND":1},"latency":{"counts":"","sumUs":7000},"features":[{"name":"x","bins":3,"sum":[8.5],"min":0,"max":4,"over":2,"overSum":[8],"counts":"2,0,zz"}],"outputs":[],"outcomes":{}}}';
  const window = parseWindow(stored);
  expect(window).toMatchObject({
    requests: 5,
    failures: { BACKEND: 1 },
    sample: { rows: 3, weight: 6, squaredWeight: 12 },
    features: [{ name: 'x', counts: { counts: [2, 0, 1295], over: 2, min: 0 } }],
  });
  expect(parseWindow(encodeWindow(window))).toEqual(window);
});

const window = {
  ...emptyWindow(label, 0, 300_000),
  features: [{ name: 'x', counts: new BinCounter({ kind: 'values', values: [1, 2] }).counts() }],
};
const changed = (change: object): string => {
  const document = JSON.parse(encodeWindow(window)) as { window: object };
  return JSON.stringify({ ...document, window: { ...document.window, ...change } });
};
const feature = (change: object): string =>
  changed({ features: [{ name: 'x', bins: 2, counts: '1,2', ...change }] });

test.each<[string, string, string]>([
  ['no object', '7', 'key: the document must be an object, got 7'],
  ['an error page', '<html>', 'key: it is not JSON in UTF-8'],
  [
    'a missing window',
    '{"format":"fairlead-window","version":1}',
    'window must be an object, got undefined',
  ],
  ['a time of another form', changed({ from: 'yesterday' }), 'window.from must be a time such as'],
  ['a time as a number', changed({ from: 7 }), 'window.from must be a time such as'],
  [
    'an end before the begin',
    changed({ to: '1969-01-01T00:00:00.000Z' }),
    'window.to must be a time after window.from',
  ],
  ['negative requests', changed({ requests: -1 }), 'window.requests must be an integer from 0'],
  [
    'requests as a text',
    changed({ requests: '5' }),
    'window.requests must be an integer from 0 to 9007199254740991, got "5"',
  ],
  ['no merged window', changed({ windows: 0 }), 'window.windows must be an integer from 1'],
  [
    'a failure that is no count',
    changed({ failures: { BACKEND: null } }),
    'window.failures.BACKEND must be an integer',
  ],
  [
    'too many failure reasons',
    changed({
      failures: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`r${index}`, 1])),
    }),
    'window.failures has 300 elements; the limit is 256',
  ],
  [
    'latency of other buckets',
    changed({ latency: { counts: '1,2', sumUs: 0 } }),
    'window.latency.counts must be 89 counts',
  ],
  [
    'fewer counts than bins',
    feature({ counts: '1' }),
    'window.features[0].counts must be 2 counts in base 36',
  ],
  [
    'more counts than bins',
    feature({ counts: '1,2,3' }),
    'window.features[0].counts must be 2 counts',
  ],
  ['an empty count', feature({ counts: '1,' }), 'window.features[0].counts must be 2 counts'],
  ['a count in capitals', feature({ counts: '1,A' }), 'window.features[0].counts must be 2 counts'],
  [
    'a count beyond 2^53',
    feature({ counts: '1,zzzzzzzzzzzz' }),
    'window.features[0].counts must be 2 counts',
  ],
  [
    'a million bins',
    feature({ bins: 1_000_000, counts: '' }),
    'window.features[0].bins must be an integer from 0 to 1024',
  ],
  [
    'a sum of texts',
    feature({ sum: ['1'] }),
    'window.features[0].sum[0] must be a finite number, got "1"',
  ],
  [
    'a repeated feature',
    changed({ outputs: [0, 1].map(() => ({ name: 'y', bins: 0 })) }),
    'the names of window.outputs has "y" twice',
  ],
  [
    'an outcome without a count',
    changed({ outcomes: { sales: {} } }),
    'window.outcomes.sales.count must be an integer',
  ],
])('%s is rejected with its position and value', (_title, text, message) => {
  const parse = () => parseWindow(text, 'key');
  expect(parse).toThrow(message);
  expect(parse).toThrow(WindowsError);
  expect(parse).toThrow(expect.objectContaining({ code: 'ERR_WINDOWS_WINDOW_INVALID' }) as Error);
});

test('a window above the limit is rejected before it is parsed', () => {
  expect(() => parseWindow(new Uint8Array(16 * 1024 * 1024 + 1))).toThrow(
    'more than 16777216 bytes',
  );
});
