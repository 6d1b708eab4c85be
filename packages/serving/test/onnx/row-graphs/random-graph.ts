import type { RandomSource } from '@fairlead/signature';
import { encodeModel, type Attributes, type NodeParts } from './encode-model.ts';

/** A random model of one input, `x` of the shape [n, t, 2] or [n, 2], and one output. */
export interface RandomGraph {
  readonly bytes: Buffer;
  readonly hasInnerLength: boolean;
  /** Its nodes in words, for the message of a failed test. */
  readonly text: string;
}

const UNARY = 'Abs Relu Neg Sigmoid Identity Floor Sign'.split(' ');
const BINARY = 'Add Sub Mul Max Min'.split(' ');
const REDUCTIONS = 'ReduceMax ReduceSum ReduceMean ReduceMin'.split(' ');

/**
 * Makes a random graph of operators that the analysis has rules for. Its axes and lengths are drawn without regard to
 * the shapes of the values, so that some graphs aren't valid, which the caller skips.
 */
export function randomGraph(random: RandomSource): RandomGraph {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const integer = (min: number, max: number): number =>
    min + Math.floor(random() * (max - min + 1));
  const nodes: NodeParts[] = [];
  const lists = new Map<string, readonly number[]>();
  const floats = new Map<string, readonly number[]>();
  let count = 0;
  const add = (opType: string, inputs: readonly string[], attributes: Attributes = {}): string => {
    const output = `v${count++}`;
    nodes.push({ opType, inputs, output, attributes });
    return output;
  };
  const list = (...elements: readonly number[]): string => {
    const name = `c${count++}`;
    lists.set(name, elements);
    return name;
  };
  const weights = (...shape: readonly number[]): string => {
    const name = `w${count++}`;
    floats.set(name, shape);
    return name;
  };
  const hasInnerLength = random() < 0.6;
  const rank = hasInnerLength ? 3 : 2;
  const values = ['x'];
  // Lists of integers that are computed from shapes.
  const shapes: string[] = [];
  const negative = new Set<string>();
  const axis = (): number => integer(-2, rank - 1);
  const makers: readonly (() => string)[] = [
    () => add(pick(UNARY), [pick(values)]),
    () => add(pick(BINARY), [pick(values), pick(values)]),
    () =>
      add(pick(BINARY), [
        pick(values),
        weights(...pick([[], [1], [2], [1, 2], [2, 1], [2, 1, 2]])),
      ]),
    () =>
      add('Transpose', [pick(values)], {
        perm: pick(
          rank === 3
            ? [
                [1, 0, 2],
                [0, 2, 1],
                [2, 1, 0],
                [1, 2, 0],
              ]
            : [
                [1, 0],
                [0, 1],
              ],
        ),
      }),
    () => add(pick(REDUCTIONS), [pick(values)], { axes: [axis()], keepdims: integer(0, 1) }),
    () => add('ReduceSum', [pick(values), list(axis())], { keepdims: integer(0, 1) }),
    () => add('Softmax', [pick(values)], { axis: axis() }),
    () => add('CumSum', [pick(values), list(axis())]),
    () => add('Concat', [pick(values), pick(values)], { axis: axis() }),
    () => add('Unsqueeze', [pick(values), list(axis())]),
    () => add('Squeeze', [pick(values), list(axis())]),
    () => add('Flatten', [pick(values)], { axis: integer(0, 2) }),
    () => add('MatMul', [pick(values), pick([pick(values), weights(2, 2)])]),
    () =>
      add('Gemm', [pick(values), pick([pick(values), weights(2, 2)])], {
        transA: integer(0, 2),
        transB: integer(0, 1),
      }),
    () => add('Gather', [pick(values), list(...pick([[0], [0, 0], [-1]]))], { axis: axis() }),
    () => {
      // None gives an axis of length 0: ONNX Runtime's Concat leaves parts of its output unset beside one.
      const [start, end, step] = pick([
        [0, 1, 1],
        [0, 2, 1],
        [0, 2 ** 31, 1],
        [0, 2 ** 31, 2],
        [-1, 2 ** 31, 1],
        [-1, -(2 ** 31), -1],
      ] as const);
      const ends =
        start === 0
          ? pick([list(end), ...shapes.filter((name) => !negative.has(name))])
          : list(end);
      return add('Slice', [pick(values), list(start), ends, list(axis()), list(step)]);
    },
    () =>
      add(
        'Reshape',
        [
          pick(values),
          pick([
            list(
              ...pick([
                [0, -1],
                [-1, 2],
                [1, -1],
                [0, 2, -1],
                [2, -1],
                [-1],
                [-1, 1, 2],
                [0, 0, -1],
              ]),
            ),
            ...shapes,
          ]),
        ],
        { allowzero: integer(0, 1) },
      ),
    () => add('Expand', [pick(values), pick([list(...pick([[1], [1, 2], [2, 1, 1]])), ...shapes])]),
    () =>
      add('Tile', [
        pick(values),
        list(
          ...pick([
            [1, 1],
            [1, 2],
            [2, 1],
            [1, 1, 2],
            [1, 2, 1],
          ]),
        ),
      ]),
    () =>
      add('Pad', [
        pick(values),
        list(
          ...pick([
            [0, 1, 0, 0],
            [1, 0, 0, 0],
            [0, 0, 0, 0, 0, 1],
            [0, 0, 1, 0, 0, 0],
          ]),
        ),
      ]),
    () =>
      add('LayerNormalization', [pick(values), weights(...pick([[2], [1], [2, 1]]))], {
        axis: axis(),
      }),
    () => add('LpNormalization', [pick(values)], { axis: axis() }),
    () =>
      add('MeanVarianceNormalization', [pick(values)], { axes: pick([[0], [1], [-1], [0, 1]]) }),
    () => add('Where', [add('Greater', [pick(values), pick(values)]), pick(values), pick(values)]),
    () =>
      add('Cast', [add('ArgMax', [pick(values)], { axis: axis(), keepdims: integer(0, 1) })], {
        to: 1,
      }),
    () => add('Cast', [pick([...shapes, list(1)])], { to: 1 }),
    () =>
      add('Einsum', [pick(values), pick(values)], {
        equation: pick([
          'ij,ij->ij',
          'ij,ik->ijk',
          'ij,kj->ik',
          'ij,jk->ik',
          'bij,bkj->bik',
          'bij,bij->bj',
          'bij,cij->bi',
        ]),
      }),
    () =>
      add(
        'GatherElements',
        [
          pick(values),
          add('Cast', [add('Mul', [pick(values), add('Cast', [list(0)], { to: 1 })])], { to: 7 }),
        ],
        { axis: axis() },
      ),
    () => add('Trilu', [pick(values)], { upper: integer(0, 1) }),
  ];
  const shapeMakers: readonly (() => string)[] = [
    () => add('Shape', [pick(values)]),
    () => add('Shape', [pick(values)], { start: integer(-2, 1), end: integer(1, 3) }),
    () => add('Slice', [pick(shapes), list(integer(-2, 1)), list(integer(1, 3))]),
    () => add('Gather', [pick(shapes), list(integer(-1, 1))]),
    () => add('Concat', [pick(shapes), pick([...shapes, list(-1), list(2)])], { axis: 0 }),
    () => add('Cast', [add('Cast', [pick(shapes)], { to: pick([1, 6, 9]) })], { to: 7 }),
    () => add('Mul', [pick(shapes), pick([list(1), list(2), list(-1)])]),
    () => add('Squeeze', [add('Unsqueeze', [pick(shapes), list(pick([0, 1]))]), list(0)]),
  ];
  const steps = integer(1, 6);
  for (let step = 0; step < steps; step++) {
    if (random() < 0.3) {
      const makeShape = shapes.length === 0 ? shapeMakers[0] : pick(shapeMakers);
      const made = makeShape?.() ?? '';
      shapes.push(made);
      const last = nodes.at(-1)?.inputs ?? [];
      const holdsNegative = last.some((name) => negative.has(name) || lists.get(name)?.[0] === -1);
      if (holdsNegative) negative.add(made);
    } // Later values are likelier, so that graphs become deep.
    const made = pick(makers)();
    values.push(made, made);
  }
  const output = values.at(-1) ?? 'x';
  const used = new Set([output]);
  const needed = nodes
    .toReversed()
    .filter((node) => {
      if (used.has(node.output)) for (const name of node.inputs) used.add(name);
      return used.has(node.output);
    })
    .toReversed();
  const text = needed
    .map(
      (node) =>
        `${node.output} = ${node.opType}(${node.inputs.map((name) => (lists.has(name) ? `[${lists.get(name)?.join() ?? ''}]` : name)).join(', ')}) ${JSON.stringify(node.attributes)}`,
    )
    .join('\n');
  const bytes = encodeModel({
    nodes: needed,
    lists,
    floats,
    random,
    output,
    shape: hasInnerLength ? ['n', 't', 2] : ['n', 2],
  });
  return { bytes, hasInnerLength, text };
}
