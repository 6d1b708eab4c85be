import {
  createBaseline,
  emptyWindow,
  encodeWindow,
  mergeWindows,
  parseWindow,
  type Window,
} from '@fairlead/windows';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryWindow } from '../support/arbitrary-window.ts';

const label = { model: 'churn', version: '3' };
const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1] }] as const;
const baseline = createBaseline({ x: [0, 1] }, { signature: { inputs, outputs: [] } });

const other = createBaseline({ x: [0, 2] }, { signature: { inputs, outputs: [] } });
const first = emptyWindow(label, 0, 1, baseline);

test('merging is associative and commutative, to the last byte', () => {
  fc.assert(
    fc.property(
      fc.array(arbitraryWindow, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (windows, random) => {
        const whole = encodeWindow(mergeWindows(windows));
        const open = [...windows];
        const next = (max: number): number => (random.next().value as number) % max;
        while (open.length > 1) {
          const group: Window[] = [];
          for (let left = 1 + next(open.length); left > 0; left -= 1) {
            group.push(...open.splice(next(open.length), 1));
          }
          open.push(mergeWindows(group));
        }
        expect(open.map((window) => encodeWindow(mergeWindows([window])))).toEqual([whole]);
      },
    ),
    { numRuns: 60 },
  );
});

test('a window that was stored and read merges like the original', () => {
  fc.assert(
    fc.property(arbitraryWindow, arbitraryWindow, (left, right) => {
      const read = (window: Window) => parseWindow(encodeWindow(window));
      expect(read(left)).toEqual(left);
      expect(mergeWindows([read(left), read(right)])).toEqual(mergeWindows([left, right]));
    }),
    { numRuns: 60 },
  );
});

test('counts add up, and the span covers all windows', () => {
  const first = {
    ...emptyWindow(label, 600_000, 900_000),
    requests: 3,
    failures: { BACKEND: 1 },
    outcomes: { conversions: { count: 2, sum: [1], sumOfSquares: [1] } },
    lost: { requests: 0, windows: 2 },
  };
  const second = {
    ...emptyWindow(label, 0, 300_000),
    requests: 4,
    failures: { BACKEND: 1, REJECTED: 5 },
    outcomes: { conversions: { count: 3, sum: [0.1], sumOfSquares: [0.01] } },
  };
  expect(mergeWindows([first, second])).toMatchObject({
    from: 0,
    to: 900_000,
    windows: 2,
    requests: 7,
    failures: { BACKEND: 2, REJECTED: 5 },
    outcomes: { conversions: { count: 5, sum: [1.1, expect.any(Number)] } },
    lost: { requests: 0, windows: 2 },
  });
});

test.each<[string, Window, string]>([
  ['model', emptyWindow({ model: 'digits', version: '3' }, 0, 1), 'model "churn" and "digits"'],
  ['version', emptyWindow({ model: 'churn', version: '4' }, 0, 1), 'version "3" and "4"'],
  ['variant', emptyWindow({ ...label, variant: 'b' }, 0, 1), 'variant undefined and "b"'],
  ['baseline', emptyWindow(label, 0, 1, other), 'windows of baseline "'],
  ['list of features', { ...first, features: [] }, 'windows with other features'],
])('windows of another %s are not merged', (_name, window, message) => {
  const merge = () => mergeWindows([first, window]);
  expect(merge).toThrow(message);
  expect(merge).toThrow(expect.objectContaining({ code: 'ERR_WINDOWS_INCOMPATIBLE' }) as Error);
});

test('windows with other bins are not merged, though their digest says so', () => {
  const window = emptyWindow(label, 0, 1, baseline);
  const features = window.features.map(({ name, counts }) => ({
    name,
    counts: { ...counts, counts: [1, 2, 3] },
  }));
  expect(() => mergeWindows([window, { ...window, features }])).toThrow('other bins of "x"');
});

test('a window without a baseline and counts merges with every other', () => {
  const lost = { ...emptyWindow(label, 5, 6), lost: { requests: 3, windows: 1 } };
  const expected = { ...first, to: 6, windows: 2, lost: lost.lost };
  expect(mergeWindows([first, lost])).toEqual(expected);
  expect(mergeWindows([lost, first])).toEqual(expected);
});

test('no window at all is rejected', () => {
  expect(() => mergeWindows([])).toThrow('there are no windows to merge');
});
