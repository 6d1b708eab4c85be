const varint = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
};
const text = (value: string): Buffer => Buffer.from(value);
const integer = (field: number, value: number): Buffer =>
  Buffer.from([...varint(field * 8), ...varint(value)]);
const message = (field: number, ...parts: readonly Buffer[]): Buffer => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(length)]), ...parts]);
};
const float = (field: number, value: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes[0] = field * 8 + 5;
  bytes.writeFloatLE(value, 1);
  return bytes;
};
const list = (
  name: string,
  type: 'FLOATS' | 'INTS' | 'STRINGS',
  values: readonly (number | string)[],
): Buffer => {
  const [number, element] = {
    FLOATS: [6, (value: number | string) => float(7, Number(value))] as const,
    INTS: [7, (value: number | string) => integer(8, Number(value))] as const,
    STRINGS: [8, (value: number | string) => message(9, text(String(value)))] as const,
  }[type];
  return message(
    5,
    message(1, text(name)),
    Buffer.concat(values.map(element)),
    integer(20, number),
  );
};
const tensor = (field: number, name: string, columns: number): Buffer => {
  const shape = message(2, message(1, message(2, text('N'))), message(1, integer(1, columns)));
  return message(field, message(1, text(name)), message(2, message(1, integer(1, 1), shape)));
};

/** An ONNX file with `trees` trees of 127 nodes that each give 1 for an `x` up to 0.5 in their columns, and 0 above. */
export function largeEnsemble(trees: number): Buffer {
  const nodes = Array.from({ length: trees * 127 }, (_, index) => {
    const node = index % 127;
    return { tree: (index - node) / 127, node, isLeaf: node >= 63 };
  });
  const leaves = nodes.filter(({ isLeaf }) => isLeaf);
  const ints = (name: string, of: (each: (typeof nodes)[number]) => number): Buffer =>
    list(name, 'INTS', nodes.map(of));
  const node = message(
    1,
    message(1, text('x')),
    message(2, text('y')),
    message(4, text('TreeEnsembleRegressor')),
    message(7, text('ai.onnx.ml')),
    message(5, message(1, text('n_targets')), integer(3, 1), integer(20, 2)),
    ints('nodes_treeids', ({ tree }) => tree),
    ints('nodes_nodeids', (each) => each.node),
    ints('nodes_featureids', (each) => each.node % 4),
    ints('nodes_truenodeids', (each) => (each.isLeaf ? 0 : each.node * 2 + 1)),
    ints('nodes_falsenodeids', (each) => (each.isLeaf ? 0 : each.node * 2 + 2)),
    list(
      'nodes_modes',
      'STRINGS',
      nodes.map(({ isLeaf }) => (isLeaf ? 'LEAF' : 'BRANCH_LEQ')),
    ),
    list(
      'nodes_values',
      'FLOATS',
      nodes.map(() => 0.5),
    ),
    list(
      'target_treeids',
      'INTS',
      leaves.map(({ tree }) => tree),
    ),
    list(
      'target_nodeids',
      'INTS',
      leaves.map((each) => each.node),
    ),
    list(
      'target_ids',
      'INTS',
      leaves.map(() => 0),
    ),
    list(
      'target_weights',
      'FLOATS',
      leaves.map((each) => each.node % 2),
    ),
  );
  const graph = message(7, node, message(2, text('trees')), tensor(11, 'x', 4), tensor(12, 'y', 1));
  const opset = (domain: string, version: number): Buffer =>
    message(8, message(1, text(domain)), integer(2, version));
  return Buffer.concat([integer(1, 8), graph, opset('', 17), opset('ai.onnx.ml', 3)]);
}
