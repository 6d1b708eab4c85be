import {
  baselineDocument,
  createBaseline,
  decodeBaseline,
  emptyWindow,
  encodeBaseline,
  encodeWindow,
  parseBaseline,
  parseWindow,
  WindowsError,
} from '@fairlead/windows';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRollUp } from '../../src/store/roll-up.ts';

const signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
  outputs: [{ name: 'y', datatype: 'BYTES', shape: [-1] }],
} as const;
const baseline = createBaseline(
  { x: Array.from({ length: 70 }, (_, row) => row / 7), y: Array.from({ length: 70 }, () => 'a') },
  { signature },
);
const window = emptyWindow({ model: 'churn', version: '3' }, 0, 300_000, baseline);

/** Replaces one value of a JSON document. */
function replace(document: unknown, path: number, value: unknown): unknown {
  const places: (() => void)[] = [];
  const copy = structuredClone(document);
  const visit = (parent: Record<string, unknown>): void => {
    for (const key of Object.keys(parent)) {
      places.push(() => (parent[key] = value));
      const child = parent[key];
      if (typeof child === 'object' && child !== null) visit(child as Record<string, unknown>);
    }
  };
  visit(copy as Record<string, unknown>);
  places[path % places.length]?.();
  return copy;
}

const documents: readonly (readonly [string, unknown, (text: string) => unknown])[] = [
  ['baseline', JSON.parse(encodeBaseline(baseline)), parseBaseline],
  ['window', JSON.parse(encodeWindow(window)), (text) => encodeWindow(parseWindow(text))],
  [
    'roll-up',
    {
      format: 'fairlead-window-rollup',
      version: 1,
      names: { '16': ['0000-aaaaaaaaaaaa-0.json'] },
      windows: [(JSON.parse(encodeWindow(window)) as { window: unknown }).window],
    },
    (text) => parseRollUp(Buffer.from(text), 'key'),
  ],
];

test.each(documents)(
  'a %s with any value in place of another is read or rejected',
  (_name, document, parse) => {
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(-1, 2 ** 53, 1e308, -1e308, '', '__proto__', 'x'.repeat(600), null, [], {}),
    );
    fc.assert(
      fc.property(fc.nat(), values, (path, value) => {
        const text = JSON.stringify(replace(document, path, value));
        try {
          parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(WindowsError);
          expect((error as Error).message.length).toBeLessThan(1500);
        }
      }),
      { numRuns: 300 },
    );
  },
);

test('a member __proto__ changes no prototype', () => {
  const text = encodeWindow(window).replace('"failures":{}', '"failures":{"__proto__":7}');
  expect(Object.entries(parseWindow(text).failures)).toEqual([['__proto__', 7]]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(decodeBaseline(baselineDocument(baseline))).toEqual(baseline);
});
