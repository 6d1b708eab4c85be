import fc from 'fast-check';
import { expect, test } from 'vitest';
import { float16ToNumber, numberToFloat16 } from '../src/float16.ts';

const view = new DataView(new ArrayBuffer(2));

/** Binary16 of the JavaScript engine: an independent implementation. */
function engineBits(value: number): number {
  view.setFloat16(0, value);
  return view.getUint16(0);
}

test('reads every bit pattern as the engine does', () => {
  for (let half = 0; half <= 0xffff; half++) {
    view.setUint16(0, half);
    expect(float16ToNumber(half)).toBe(view.getFloat16(0));
  }
});

test('converts every representable number back to its bits', () => {
  for (let half = 0; half <= 0xffff; half++) {
    const value = float16ToNumber(half);
    if (!Number.isNaN(value)) expect(numberToFloat16(value)).toBe(half);
  }
});

test('rounds any number as the engine does', () => {
  const anyDouble = fc.double({ noNaN: true });
  const nearHalves = fc.double({ noNaN: true, min: -70000, max: 70000 });
  const tiny = fc.double({ noNaN: true, min: -1e-4, max: 1e-4 });
  fc.assert(
    fc.property(fc.oneof(anyDouble, nearHalves, tiny), (value) => {
      expect(numberToFloat16(value)).toBe(engineBits(value));
    }),
    { numRuns: 5000 },
  );
});

test('rounds halfway values to even, and values next to halfway to the nearest', () => {
  for (const half of [0x0001, 0x03ff, 0x3c00, 0x3c01, 0x7bfe]) {
    const middle = (float16ToNumber(half) + float16ToNumber(half + 1)) / 2;
    for (const value of [middle, middle * (1 + 2 ** -50), middle * (1 - 2 ** -50)]) {
      expect(numberToFloat16(value)).toBe(engineBits(value));
    }
  }
});

test('converts NaN to NaN', () => {
  expect(float16ToNumber(numberToFloat16(NaN))).toBeNaN();
});
