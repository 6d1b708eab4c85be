import { expect, test } from 'vitest';
import fc from 'fast-check';
import {
  isBinaryValue,
  tensorOfValues,
  valueTexts,
} from '../../../src/protocol/tensorflow-serving/binary-values.ts';

const spec = { name: 'image_bytes', datatype: 'BYTES', shape: [-1, -1] } as const;

test('any bytes come back from the JSON that they are written as', () => {
  const rows = fc
    .tuple(fc.nat(4), fc.nat(3))
    .chain(([height, width]) =>
      fc.array(fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: width, maxLength: width }), {
        minLength: height,
        maxLength: height,
      }),
    )
    .filter((value) => value.length > 0 && value[0]?.length !== 0);
  fc.assert(
    fc.property(rows, (value) => {
      const json = value.map((row) =>
        row.map((bytes) => ({ b64: Buffer.from(bytes).toString('base64') })),
      );
      const tensor = tensorOfValues(spec, json);
      expect(tensor.shape).toEqual([value.length, value[0]?.length]);
      expect([...tensor.data].map((bytes) => [...(bytes as Uint8Array)])).toEqual(
        value.flat().map((bytes) => [...bytes]),
      );
      expect(JSON.parse(`[${valueTexts(tensor).join(',')}]`)).toEqual(json.flat());
    }),
  );
});

test('text and base64 may stand side by side', () => {
  const { data } = tensorOfValues(spec, [['a', { b64: 'AP8=' }]]);
  expect([...data].map((bytes) => [...(bytes as Uint8Array)])).toEqual([[97], [0, 255]]);
});

test('an output whose name does not end with _bytes is text', () => {
  const tensor = tensorOfValues({ ...spec, name: 'label' }, [['a']]);
  expect(valueTexts(tensor)).toEqual(['"a"']);
});

test.each([null, 'a', ['b64'], {}, { b64: 1 }, { b64: '', more: 1 }])(
  '%j is no bytes in base64',
  (value) => {
    expect(isBinaryValue(value)).toBe(false);
  },
);
