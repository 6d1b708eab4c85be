import { readFileSync } from 'node:fs';
import { onnxSignature, readOnnxModel } from '@fairlead/signature/onnx';
import { describe, expect, test } from 'vitest';
import { field, graph, model, node, number, tensor, text, value } from './encode-onnx.ts';

const affine = new URL('../../../serving/test/models/affine.onnx', import.meta.url);

test('reads the graph of an exported model', () => {
  const { graph: read, externalTensors } = readOnnxModel(readFileSync(affine));
  expect(read.nodes.map(({ opType, inputs }) => [opType, inputs])).toEqual([
    ['Mul', ['x', 'two']],
    ['Add', ['m', 'one']],
  ]);
  expect(externalTensors).toEqual([]);
  expect(onnxSignature(read).outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [-1, 2] }]);
});

test('names that inputs share are names of their dimensions; other names are ignored', () => {
  const bytes = model({
    inputs: [
      value('ids', 7, ['batch', 'length', 'other']),
      value('mask', 7, ['batch', 'length', '?']),
      value('alone', 1, ['rows', '?', 4]),
    ],
    outputs: [value('y', 1, ['batch', 2])],
  });
  const { inputs, outputs } = onnxSignature(readOnnxModel(bytes).graph);
  expect(inputs).toEqual([
    { name: 'ids', datatype: 'INT64', shape: [-1, -1, -1], dimensions: ['batch', 'length', null] },
    { name: 'mask', datatype: 'INT64', shape: [-1, -1, -1], dimensions: ['batch', 'length', null] },
    { name: 'alone', datatype: 'FP32', shape: [-1, -1, 4] },
  ]);
  expect(outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [-1, 2] }]);
});

test('names of varying lengths, attributes and constant integers are returned', () => {
  const axes = tensor({
    name: 'axes',
    type: 7,
    dims: [2],
    raw: [1, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1],
  });
  const attributes = [
    field(5, Buffer.concat([text(1, 'perm'), number(8, 1), number(8, 0)])),
    field(5, Buffer.concat([text(1, 'axis'), number(3, -1n)])),
    field(
      5,
      Buffer.concat([
        text(1, 'then_branch'),
        field(6, graph({ nodes: [node('Neg', ['x'], ['y'])] })),
      ]),
    ),
  ];
  const bytes = model({
    nodes: [node('Transpose', ['x', 'axes'], ['y'], attributes)],
    initializers: [axes],
    inputs: [value('x', 1, ['batch', 4, undefined, 0])],
    outputs: [value('y', 1, [])],
  });
  const { graph: read } = readOnnxModel(bytes);
  expect(read.inputs).toEqual([
    { name: 'x', kind: 'a tensor', elementType: 1, shape: ['batch', 4, undefined, 0] },
  ]);
  expect(read.initializers.get('axes')).toEqual({ elementType: 7, shape: [2], integers: [1, -1] });
  const read0 = read.nodes[0]?.attributes;
  expect(read0?.get('perm')).toEqual({ integers: [1, 0] });
  expect(read0?.get('axis')).toEqual({ integers: [-1] });
  expect(read0?.get('then_branch')?.graphs?.[0]?.nodes[0]?.opType).toBe('Neg');
});

describe('an encoding that readers could interpret differently is rejected', () => {
  const external = [text(1, 'location'), text(2, 'weights.bin')];
  const entry = field(13, Buffer.concat(external));
  const w = (...more: readonly Buffer[]): Buffer =>
    Buffer.concat([number(1, 1), number(2, 1), text(8, 'w'), ...more]);
  const withTensor = (bytes: Buffer): Buffer => model({ initializers: [bytes] });

  test('the plain encoding is read', () => {
    expect(readOnnxModel(withTensor(w(entry, number(14, 1)))).externalTensors).toEqual([
      { name: 'w', location: 'weights.bin', holder: 'initializer' },
    ]);
    expect(readOnnxModel(withTensor(w(entry, number(14, 0)))).externalTensors).toEqual([]);
  });

  test.each([
    ['an enum beyond 32 bits', [entry, number(14, 2n ** 32n + 1n)], /field 14 .* beyond 32 bits/],
    ['an enum padded with zeros', [entry, Buffer.from([14 << 3, 0x81, 0x00])], /padded/],
    ['an enum that occurs twice', [entry, number(14, 0), number(14, 1)], /field 14 occurs twice/],
    ['a key padded with zeros', [entry, Buffer.from([0xf0, 0x00, 1])], /padded/],
    ['a location that occurs twice', [entry, entry, number(14, 1)], /"location" .* occurs twice/],
    [
      'an enum that has a length',
      [entry, field(14, Buffer.from([1]))],
      /field 14 has the unexpected wire type 2/,
    ],
    ['a group', [entry, Buffer.from([(14 << 3) | 3, (14 << 3) | 4])], /unknown wire type 3/],
    ['no location', [number(14, 1)], /in a file without a path/],
    [
      'a name that is not UTF-8',
      [field(13, Buffer.concat([text(1, 'location'), field(2, Buffer.from([0xff]))]))],
      /not UTF-8/,
    ],
  ])('%s', (_, fields, message) => {
    expect(() => readOnnxModel(withTensor(w(...fields)))).toThrow(
      expect.objectContaining({
        code: 'ERR_SIGNATURE_ONNX_INVALID',
        message: expect.stringMatching(message) as unknown,
      }),
    );
  });

  test('a graph that occurs twice, whose parts protobuf would merge', () => {
    const twice = Buffer.concat([model({}), field(7, graph({}))]);
    expect(() => readOnnxModel(twice)).toThrow(/field 7 occurs twice/);
  });

  test('two outputs of one name', () => {
    const outputs = [value('y', 1, []), value('y', 7, [])];
    expect(() => readOnnxModel(model({ outputs }))).toThrow(
      /two of its outputs have the same name/,
    );
  });

  test('two types of one value', () => {
    const type = Buffer.concat([field(1, Buffer.alloc(0)), field(4, Buffer.alloc(0))]);
    const input = Buffer.concat([text(1, 'x'), field(2, type)]);
    expect(() => readOnnxModel(model({ inputs: [input] }))).toThrow(/field 4 occurs twice/);
  });
});

test('external tensors are found in every part of a model', () => {
  const external = (name: string): Buffer =>
    tensor({ name, type: 1, dims: [1], location: `${name}.bin` });
  const sparse = (name: string): Buffer =>
    Buffer.concat([field(1, external(name)), field(2, external(`${name}-indices`))]);
  const attribute = (number: number, bytes: Buffer): Buffer =>
    field(5, Buffer.concat([text(1, 'a'), field(number, bytes)]));
  const nodes = [
    node('Reshape', [], ['a'], [attribute(5, external('t'))]),
    node('Constant', [], ['b'], [attribute(10, external('tensors'))]),
    node('Constant', [], ['c'], [attribute(22, sparse('sparse'))]),
    node('Constant', [], ['d'], [attribute(23, sparse('sparses'))]),
    node('If', ['c'], ['e'], [attribute(6, graph({ initializers: [external('branch')] }))]),
    node('If', ['c'], ['f'], [attribute(11, graph({ sparse: [sparse('graphs')] }))]),
  ];
  const body = node('Constant', [], ['a'], [attribute(5, external('function'))]);
  const bytes = Buffer.concat([
    model({ nodes, initializers: [external('w')], sparse: [sparse('s')] }),
    field(
      20,
      Buffer.concat([
        field(1, graph({ initializers: [external('training')] })),
        field(2, graph({ nodes: [body] })),
      ]),
    ),
    field(
      25,
      Buffer.concat([
        field(7, body),
        field(11, Buffer.concat([text(1, 'p'), field(5, external('default'))])),
      ]),
    ),
  ]);
  const { externalTensors } = readOnnxModel(bytes);
  expect(externalTensors.map(({ location }) => location).sort()).toEqual(
    [
      'branch',
      'default',
      'function',
      'function',
      'graphs-indices',
      'graphs',
      's-indices',
      's',
      'sparse-indices',
      'sparse',
      'sparses-indices',
      'sparses',
      't',
      'tensors',
      'training',
      'w',
    ].map((name) => `${name}.bin`),
  );
  expect(externalTensors.filter(({ holder }) => holder !== 'elsewhere')).toEqual([
    { name: 'w', location: 'w.bin', holder: 'initializer' },
  ]);
});

test('a file that starts as the format of ONNX Runtime is rejected, even if it is valid protobuf', () => {
  const domain = field(4, Buffer.from('..ORTM'));
  const bytes = Buffer.concat([domain, model({})]);
  expect(bytes.toString('latin1', 4, 8)).toBe('ORTM');
  expect(() => readOnnxModel(bytes)).toThrow(/format of ONNX Runtime \(\.ort\)/);
});

test('a file of millions of empty nodes is rejected before it fills the memory', () => {
  const nodes = Buffer.alloc(10_000_000);
  for (let index = 0; index < nodes.length; index += 2) nodes[index] = (1 << 3) | 2;
  const bytes = Buffer.concat([number(1, 8), field(7, nodes)]);
  expect(() => readOnnxModel(bytes)).toThrow(/more than 4000000 parts/);
});
