import {
  createSignatureCheck,
  drawTensors,
  quoteNonFinite,
  seededRandom,
} from '@fairlead/signature';
import { expect, test } from 'vitest';
import { datatypes, type Datatype, type TensorSpec } from '@fairlead/signature';

const specs: readonly TensorSpec[] = [
  ...(Object.keys(datatypes) as Datatype[]).map((datatype) => ({
    name: datatype,
    datatype,
    shape: [-1, 3],
  })),
  { name: 'scalar', datatype: 'FP32', shape: [] },
  { name: 'none', datatype: 'FP32', shape: [-1, 0] },
  { name: 'age', datatype: 'INT64', shape: [-1, 1], range: { min: 18, max: 99 } },
  { name: 'share', datatype: 'FP64', shape: [-1], range: { min: 0.25, max: 0.75 } },
  { name: 'above', datatype: 'FP32', shape: [-1], range: { min: 1000 } },
  { name: 'color', datatype: 'BYTES', shape: [-1], categories: ['red', 'green'] },
  {
    name: 'row',
    datatype: 'FP64',
    shape: [-1, 2],
    range: { min: 0 },
    features: [
      { name: 'kind', categories: [1, 5] },
      { name: 'height', range: { max: 2.5 } },
    ],
  },
];

test('drawn tensors match the signature with any seed', () => {
  const check = createSignatureCheck(specs);
  for (let seed = 0; seed < 200; seed += 1) {
    const tensors = drawTensors(specs, {
      random: seededRandom(String(seed)),
      lengthOf: () => seed % 5,
      maxInteger: seed % 2 === 0 ? 1 : 9,
    });
    expect(() => {
      check(tensors);
    }).not.toThrow();
  }
});

test('the same seed gives the same tensors, another seed gives others', () => {
  const draw = (seed: string) =>
    drawTensors(specs, { random: seededRandom(seed), lengthOf: () => 4 });
  expect(draw('a')).toEqual(draw('a'));
  expect(draw('a')).not.toEqual(draw('b'));
});

test('numbers that JSON does not have are quoted, except in strings', () => {
  const text = '{"a":[1,NaN,-Infinity,Infinity],"NaN":"Infinity \\" NaN","b":"-Infinity"}';
  expect(JSON.parse(quoteNonFinite(text))).toEqual({
    a: [1, 'NaN', '-Infinity', 'Infinity'],
    NaN: 'Infinity " NaN',
    b: '-Infinity',
  });
});
