import { readFileSync } from 'node:fs';
import { dropZipMaps, onnxSignature, readOnnxModel } from '@fairlead/signature/onnx';
import { expect, test } from 'vitest';
import { field, graph, model, node, number, text, value } from './encode-onnx.ts';

const exported = (name: string): Buffer =>
  readFileSync(new URL(`../../../registry/test/onnx/exports/${name}.onnx`, import.meta.url));

const classes = (...labels: readonly string[]): Buffer =>
  field(5, Buffer.concat([text(1, 'classlabels_strings'), ...labels.map((each) => text(9, each))]));
const zipMap = (input: string, output: string, ...labels: readonly string[]): Buffer =>
  Buffer.concat([node('ZipMap', [input], [output], [classes(...labels)]), text(7, 'ai.onnx.ml')]);
/** A sequence of maps of texts to floats. */
const maps = (name: string): Buffer => {
  const map = field(5, Buffer.concat([number(1, 8), field(2, field(1, number(1, 1)))]));
  return Buffer.concat([text(1, name), field(2, field(4, field(1, map)))]);
};
const x = value('x', 1, ['rows', 2]);

test('the tensor of probabilities becomes the output, and every other byte stays unchanged', () => {
  const bytes = exported('logistic-regression');
  const { bytes: changed, dropped } = dropZipMaps(bytes);
  expect(dropped).toEqual([
    { output: 'output_probability', tensor: 'probabilities', labels: [0, 1, 2] },
  ]);
  const before = readOnnxModel(bytes).graph;
  const { graph: after } = readOnnxModel(changed);
  expect(after.nodes).toEqual(before.nodes.slice(0, -1));
  expect(after.outputs[0]).toEqual(before.outputs[0]);
  expect(onnxSignature(after).outputs).toEqual([
    { name: 'output_label', datatype: 'INT64', shape: [-1] },
    { name: 'probabilities', datatype: 'FP32', shape: [-1, 3] },
  ]);
  // Bytes before and after the graph.
  expect(changed.subarray(0, 20)).toEqual(bytes.subarray(0, 20));
  expect(changed.subarray(-19)).toEqual(bytes.subarray(-19));
});

test('two ZipMaps are dropped, and one whose tensor is an output already', () => {
  const { bytes, dropped } = dropZipMaps(
    model({
      nodes: [
        node('Softmax', ['x'], ['p']),
        zipMap('p', 'm', 'a', 'b'),
        node('Softmax', ['x'], ['q']),
        zipMap('q', 'n', 'c', 'd'),
      ],
      inputs: [x],
      outputs: [maps('m'), value('q', 1, ['rows', 2]), maps('n')],
    }),
  );
  expect(dropped.map(({ output, labels }) => [output, labels])).toEqual([
    ['m', ['a', 'b']],
    ['n', ['c', 'd']],
  ]);
  const { graph: after } = readOnnxModel(bytes);
  expect(after.outputs.map(({ name, shape }) => [name, shape])).toEqual([
    ['p', ['rows', 2]],
    ['q', ['rows', 2]],
  ]);
});

test.each([
  [
    'something else reads its maps',
    [node('Softmax', ['x'], ['p']), zipMap('p', 'm', 'a'), node('Own', ['m'], ['o'])],
  ],
  [
    'a branch reads its maps',
    [
      node('Softmax', ['x'], ['p']),
      zipMap('p', 'm', 'a'),
      node(
        'If',
        ['x'],
        ['o'],
        [
          field(
            5,
            Buffer.concat([
              text(1, 'then_branch'),
              field(6, graph({ nodes: [node('Identity', ['m'], ['k'])] })),
            ]),
          ),
        ],
      ),
    ],
  ],
  ['its classes are not known', [node('Softmax', ['x'], ['p']), zipMap('p', 'm')]],
  ['it takes the input itself', [zipMap('x', 'm', 'a', 'b')]],
])('a ZipMap stays where %s, and the signature says how to export without it', (_, nodes) => {
  const bytes = model({ nodes, inputs: [x], outputs: [maps('m')] });
  const result = dropZipMaps(bytes);
  expect(result).toEqual({ bytes, dropped: [] });
  expect(() => onnxSignature(readOnnxModel(bytes).graph)).toThrow(
    /output "m" is a list of maps \(ZipMap\).* options=\{"zipmap": False\} \(skl2onnx\), or zipmap=False \(LightGBM/,
  );
});
