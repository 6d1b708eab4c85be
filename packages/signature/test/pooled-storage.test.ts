import fc from 'fast-check';
import { expect, test } from 'vitest';
import { datatypes, decodeTensor, type Datatype, type Tensor } from '../src/index.ts';

// FP16 is stored as the bits of its values.
const compared = Object.keys(datatypes).filter(
  (datatype) => datatype !== 'BYTES' && datatype !== 'FP16',
) as Datatype[];

test('small tensors share buffers, but no elements', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...compared), fc.nat({ max: 600 })), { maxLength: 40 }),
      (wanted) => {
        const tensors = wanted.map(([datatype, length], index): Tensor => {
          const value = datatype === 'BOOL' ? index % 2 : index;
          return decodeTensor({
            name: 'x',
            datatype,
            shape: [length],
            data: new Array<number>(length).fill(value),
          });
        });
        for (const [index, { datatype, data }] of tensors.entries()) {
          const value = datatype === 'BOOL' ? index % 2 : index;
          const elements = [...(data as Iterable<number | bigint>)];
          expect(elements.every((element) => Number(element) === value)).toBe(true);
        }
      },
    ),
  );
});

test('storage is zeroed', () => {
  for (let round = 0; round < 300; round++) {
    const ones = { name: 'x', datatype: 'BOOL', shape: [500], data: new Array(500).fill(true) };
    const zeros = { ...ones, data: new Array(500).fill(false) };
    decodeTensor(ones);
    expect(decodeTensor(zeros).data).toEqual(new Uint8Array(500));
  }
});
