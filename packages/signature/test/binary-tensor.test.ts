import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  datatypes,
  decodeBinaryTensor,
  encodeBinaryTensor,
  SignatureError,
  type Datatype,
} from '@fairlead/signature';

const fixed = (Object.keys(datatypes) as Datatype[]).filter(
  (each) => each !== 'BYTES' && each !== 'BOOL',
);

describe('round trip', () => {
  test('any bytes of a fixed-size datatype are decoded and encoded again, at any offset, including NaN and infinities', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...fixed),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 7 }),
        fc.uint8Array({ minLength: 80, maxLength: 80 }),
        (datatype, count, offset, pool) => {
          const bytes = pool.subarray(
            offset,
            offset + count * (datatypes[datatype].elementBytes ?? 0),
          );
          const tensor = decodeBinaryTensor({ name: 'x', datatype, shape: [count] }, bytes);
          expect(datatypes[datatype].isData(tensor.data)).toBe(true);
          expect(encodeBinaryTensor(tensor)).toEqual(new Uint8Array(bytes));
          const head = { name: 'x', datatype, shape: [count] };
          expect(decodeBinaryTensor(head, bytes, { shareStorage: true })).toEqual(tensor);
        },
      ),
    );
  });

  test('shared storage where it may be and is aligned, a copy elsewhere', () => {
    const bytes = new Uint8Array(24);
    const at = (offset: number, shareStorage?: boolean): unknown => {
      const head = { name: 'x', datatype: 'FP64', shape: [2] };
      const options = shareStorage === undefined ? {} : { shareStorage };
      const { data } = decodeBinaryTensor(head, bytes.subarray(offset, offset + 16), options);
      return ArrayBuffer.isView(data) && data.buffer === bytes.buffer;
    };
    expect([at(8, true), at(4, true), at(8, false), at(8)]).toEqual([true, false, false, false]);
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    const head = { name: 'x', datatype: 'FP64', shape: [1] };
    const { data } = decodeBinaryTensor(head, shared, { shareStorage: true });
    expect(ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer).toBe(true);
  });

  test('booleans in a part of a larger storage are checked, and no other bytes of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 24 }),
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(0, 1, 2, 255),
        fc.integer({ min: 0, max: 23 }),
        fc.boolean(),
        (count, offset, around, position, isWrong) => {
          const storage = new Uint8Array(offset + count + 8).fill(around);
          const bytes = storage.subarray(offset, offset + count);
          for (let index = 0; index < count; index++) bytes[index] = index % 2;
          const wrong = isWrong && position < count ? position : undefined;
          if (wrong !== undefined) bytes[wrong] = 2 + wrong;
          const head = { name: 'x', datatype: 'BOOL', shape: [count] };
          const decode = () => decodeBinaryTensor(head, bytes, { shareStorage: true });
          if (wrong === undefined) expect(decode().data).toEqual(bytes);
          else expect(decode).toThrow(`found ${2 + wrong} at element ${wrong}`);
        },
      ),
    );
  });

  test('byte strings of any content and length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }), (elements) => {
        const bytes = encodeBinaryTensor({
          name: 'x',
          datatype: 'BYTES',
          shape: [elements.length],
          data: elements,
        });
        const back = decodeBinaryTensor(
          { name: 'x', datatype: 'BYTES', shape: [elements.length] },
          bytes,
        );
        expect(back.data).toEqual(elements);
      }),
    );
  });

  test('a part of a larger storage is encoded without the rest', () => {
    const data = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
    expect(encodeBinaryTensor({ name: 'x', datatype: 'FP32', shape: [2], data })).toEqual(
      new Uint8Array(new Float32Array([2, 3]).buffer),
    );
  });
});

describe('rejects', () => {
  const text = (...bytes: number[]) => new Uint8Array(bytes);
  test.each<[string, object, Uint8Array, string]>([
    [
      'too few bytes',
      { datatype: 'FP32', shape: [2] },
      text(1, 2, 3),
      '8 bytes for FP32 of shape [2], found 3',
    ],
    [
      'too many bytes',
      { datatype: 'INT64', shape: [] },
      text(1, 2, 3, 4, 5, 6, 7, 8, 9),
      '8 bytes for INT64',
    ],
    [
      'a shape that claims memory',
      { datatype: 'FP64', shape: [2 ** 40] },
      text(1),
      '8796093022208 bytes',
    ],
    ['a shape that overflows', { datatype: 'FP64', shape: [2 ** 40, 2 ** 40] }, text(1), '2^53'],
    ['a boolean of 2', { datatype: 'BOOL', shape: [2] }, text(1, 2), 'found 2 at element 1'],
    [
      'a boolean of 255 in the second group of four',
      { datatype: 'BOOL', shape: [9] },
      text(1, 0, 1, 0, 1, 0, 255, 0, 1),
      'found 255 at element 6',
    ],
    [
      'a boolean of 3 behind the last group of four',
      { datatype: 'BOOL', shape: [7] },
      text(1, 0, 1, 0, 1, 0, 3),
      'found 3 at element 6',
    ],
    [
      'more strings than there are lengths',
      { datatype: 'BYTES', shape: [2 ** 40] },
      text(0, 0, 0, 0),
      'too few for their lengths',
    ],
    [
      'a length past the end',
      { datatype: 'BYTES', shape: [1] },
      text(9, 0, 0, 0, 65),
      'a length of 9 at element 0',
    ],
    [
      'a length past 2^31',
      { datatype: 'BYTES', shape: [1] },
      text(255, 255, 255, 255),
      'a length of 4294967295',
    ],
    [
      'bytes left over',
      { datatype: 'BYTES', shape: [1] },
      text(1, 0, 0, 0, 65, 66),
      '1 bytes left over',
    ],
    ['no datatype', { shape: [1] }, text(1), '"datatype"'],
  ])('%s', (_name, head, bytes, message) => {
    expect(() => decodeBinaryTensor({ name: 'x', ...head }, bytes)).toThrow(message);
  });

  test('any head and any bytes: a tensor or a SignatureError, never anything else', () => {
    fc.assert(
      fc.property(
        fc.record({
          name: fc.anything(),
          datatype: fc.oneof(fc.constantFrom(...Object.keys(datatypes)), fc.anything()),
          shape: fc.oneof(fc.array(fc.integer()), fc.anything()),
        }),
        fc.uint8Array({ maxLength: 64 }),
        (head, bytes) => {
          try {
            expect(decodeBinaryTensor(head, bytes).name).toBe(head.name);
          } catch (error) {
            expect(error).toBeInstanceOf(SignatureError);
          }
        },
      ),
    );
  });
});
