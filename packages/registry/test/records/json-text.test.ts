import { parseJson } from '@fairlead/signature';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLosslessJson, type LosslessJson, toDoubles } from '../../src/records/json-value.ts';
import { formatJson } from '../../src/records/json-text.ts';

test('64-bit integers keep all digits, and doubles all bits', () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(int64), (value, integers) => {
      const { small, large } = parseJson(formatJson({ small: value, large: integers })) as {
        small: LosslessJson;
        large: (number | bigint)[];
      };
      expect(JSON.stringify(toDoubles(small))).toBe(JSON.stringify(value));
      expect(large.map(BigInt)).toEqual(integers);
    }),
  );
  const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(
      fc.oneof(
        doubles,
        fc.integer({ min: 53, max: 63 }).map((power) => 2 ** power),
      ),
      (double) => {
        const read = parseJson(formatJson([double])) as LosslessJson;
        expect(toDoubles(read)).toEqual([double === 0 ? 0 : double]);
      },
    ),
  );
});

test('an integer beyond 2^53 is found in any position', () => {
  expect(parseJson('9007199254740993')).toBe(9007199254740993n);
  expect(parseJson('[-9007199254740993]')).toEqual([-9007199254740993n]);
  expect(parseJson('{"a":9007199254740993}')).toEqual({ a: 9007199254740993n });
  expect(parseJson('[1,9007199254740993 ]')).toEqual([1, 9007199254740993n]);
  expect(parseJson('[0.1234567890123456, 1e300]')).toEqual([0.1234567890123456, 1e300]);
  expect(parseJson('9007199254740991')).toBe(9007199254740991);
});

test('a value that is not JSON is detected', () => {
  const circular: unknown[] = [];
  circular.push(circular);
  for (const value of [undefined, NaN, -Infinity, () => 0, Symbol('s'), [undefined], circular]) {
    expect(isLosslessJson(value)).toBe(false);
  }
  for (const value of [null, 0, 1n, '', true, [], {}, [{ a: [null] }]]) {
    expect(isLosslessJson(value)).toBe(true);
  }
});
