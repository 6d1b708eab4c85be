import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tensor } from '@fairlead/signature';
import { encodeNested, tensorOfNested } from '../../src/protocol/nested-tensor.ts';

test('lists of any shape, empty ones too, come back from their text', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }), (shape) => {
      const count = shape.reduce((product, length) => product * length, 1);
      const data = Int32Array.from({ length: count }, (_, index) => index);
      const tensor: Tensor = { name: 'x', datatype: 'INT32', shape, data };
      const read = tensorOfNested(
        { name: 'x', datatype: 'INT32', shape },
        JSON.parse(encodeNested(tensor)),
      );
      expect(read).toEqual(tensor);
    }),
  );
});
