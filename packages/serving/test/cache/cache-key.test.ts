import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '@fairlead/signature';
import type { VersionManifest } from '@fairlead/serving';
import { createCacheKey } from '../../src/cache/cache-key.ts';
import { decodeOutputs, encodeOutputs } from '../../src/cache/encode-outputs.ts';
import { affine } from '../memory-source.ts';

const manifest: VersionManifest = {
  model: 'm',
  version: 1,
  signature: affine,
  runtime: { name: 'onnx' },
};
const keyOf = createCacheKey(manifest);
const fp32 = (name: string, shape: number[], ...data: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: new Float32Array(data),
});
const text = (name: string, ...data: string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [data.length],
  data: data.map((each) => Buffer.from(each)),
});

const tensor: fc.Arbitrary<Tensor> = fc.oneof(
  fc
    .tuple(fc.string({ minLength: 1 }), fc.array(fc.float(), { maxLength: 4 }))
    .map(([name, data]) => fp32(name, [data.length], ...data)),
  fc
    .tuple(fc.string({ minLength: 1 }), fc.array(fc.string(), { maxLength: 4 }))
    .map(([name, data]) => text(name, ...data)),
  fc
    .tuple(
      fc.string({ minLength: 1 }),
      fc.array(fc.bigInt({ min: 0n, max: 255n }), { maxLength: 4 }),
    )
    .map(([name, data]): Tensor => ({
      name,
      datatype: 'INT64',
      shape: [data.length],
      data: new BigInt64Array(data),
    })),
);
const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 4 });

/** Members that two equal lists of inputs have in common. */
const content = (inputs: readonly Tensor[]) =>
  JSON.stringify(
    [...inputs]
      .map(({ name, datatype, shape, data }) => [
        name,
        datatype,
        shape,
        datatype === 'BYTES'
          ? data.map((each) => Buffer.from(each).toString('hex'))
          : Buffer.from(data.buffer).toString('hex'),
      ])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );

describe('the key of inputs', () => {
  test('is the same for the same tensors in any order, and for nothing else', () => {
    fc.assert(
      fc.property(tensors, tensors, fc.nat(), (some, others, turn) => {
        expect(keyOf([...some].reverse())).toBe(keyOf(some));
        const rotated = [...some.slice(turn % 4), ...some.slice(0, turn % 4)];
        expect(keyOf(rotated)).toBe(keyOf(some));
        expect(keyOf(some) === keyOf(others)).toBe(content(some) === content(others));
      }),
    );
  });

  test.each([
    ['a name', [fp32('x', [2], 1, 2)], [fp32('y', [2], 1, 2)]],
    ['a shape', [fp32('x', [1, 2], 1, 2)], [fp32('x', [2, 1], 1, 2)]],
    ['the sign of zero', [fp32('x', [1], 0)], [fp32('x', [1], -0)]],
    ['where one string ends', [text('x', 'ab', 'c')], [text('x', 'a', 'bc')]],
    [
      'which input has which value',
      [fp32('a', [1], 1), fp32('b', [1], 2)],
      [fp32('a', [1], 2), fp32('b', [1], 1)],
    ],
    [
      'a datatype of the same bytes',
      [{ name: 'x', datatype: 'UINT8', shape: [1], data: new Uint8Array([1]) }],
      [{ name: 'x', datatype: 'BOOL', shape: [1], data: new Uint8Array([1]) }],
    ],
  ] satisfies [string, Tensor[], Tensor[]][])('tells apart %s', (_what, one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
  });

  test('is another for another version, model, or version of the same number from elsewhere', () => {
    const inputs = [fp32('x', [1, 2], 1, 2)];
    const files = [{ path: 'model.onnx', sha256: 'aa' }];
    const others = [
      { ...manifest, version: 2 },
      { ...manifest, model: 'n' },
      { ...manifest, files },
      {
        ...manifest,
        goldenExamples: [
          {
            inputs: [{ name: 'x', datatype: 'INT64', shape: [1], data: [2n ** 60n] }],
            outputs: [],
          },
        ],
      },
    ];
    const keys = [manifest, ...others].map((each) => createCacheKey(each)(inputs));
    expect(new Set(keys).size).toBe(keys.length);
    expect(createCacheKey({ ...manifest })(inputs)).toBe(keys[0]);
  });
});

describe('outputs as bytes', () => {
  test('are decoded unchanged, into separate storage', () => {
    fc.assert(
      fc.property(tensors, (outputs) => {
        const bytes = encodeOutputs(outputs);
        const before = bytes.slice();
        const read = decodeOutputs(bytes) ?? [];
        expect(content(read)).toBe(content(outputs));
        expect(read.map(({ name }) => name)).toEqual(outputs.map(({ name }) => name));
        for (const { datatype, data } of read) {
          if (datatype === 'BYTES') for (const element of data) element.fill(7);
          else new Uint8Array(data.buffer).fill(7);
        }
        expect(bytes).toEqual(before);
      }),
    );
  });

  test('a part of a batch is encoded without the rest of the batch', () => {
    const batch = new Float32Array(1000);
    const part: Tensor = { name: 'y', datatype: 'FP32', shape: [2], data: batch.subarray(4, 6) };
    expect(encodeOutputs([part]).buffer.byteLength).toBeLessThan(100);
  });

  test('any other bytes are decoded to undefined', () => {
    const whole = encodeOutputs([fp32('y', [2], 1, 2), text('t', 'ab')]);
    for (let length = 0; length < whole.length; length++) {
      expect(decodeOutputs(whole.subarray(0, length))).toBeUndefined();
    }
    expect(decodeOutputs(Buffer.concat([whole, Buffer.from('x')]))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect([undefined, '[]']).toContain(JSON.stringify(decodeOutputs(bytes)));
      }),
    );
  });
});
