import type { Signature, Tensor } from '@fairlead/signature';

/** A kind of model whose output identifies which input, which model and which version it was computed from. */
export interface IdentifyingModel {
  readonly name: string;
  readonly signature: Signature;
  /** True if each row of its output depends on the same row of the input only: else no two requests may share an execution. */
  readonly independent: boolean;
  /** Inputs in which every element is another one, found again by `ownersOf`; `poisoned` ones make an execution fail. */
  readonly inputsOf: (owner: number, rows: number, width: number, poisoned: boolean) => Tensor[];
  /** Whose rows they are, in order. */
  readonly ownersOf: (inputs: readonly Tensor[]) => readonly number[];
  readonly isPoisoned: (inputs: readonly Tensor[]) => boolean;
  /** Output of the model; `code` identifies the model and its version. */
  readonly run: (inputs: readonly Tensor[], code: number) => readonly Tensor[];
}

/** Elements of one owner: 6 rows of 4. */
const SPAN = 64;
/** More than any mark of a model and its version. */
const CODES = 4096;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ownerOf = (element: number): number => Math.floor(Math.abs(element) / SPAN);

/** Rows of numbers, whose width varies: y = 4096 x + code. */
const wide: IdentifyingModel = {
  name: 'wide',
  independent: true,
  signature: {
    inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, -1] }],
    outputs: [{ name: 'y', datatype: 'FP64', shape: [-1, -1] }],
  },
  inputsOf(owner, rows, width, poisoned) {
    const sign = poisoned ? -1 : 1;
    const data = Float64Array.from({ length: rows * width }, (_, k) => sign * (owner * SPAN + k));
    return [{ name: 'x', datatype: 'FP64', shape: [rows, width], data }];
  },
  ownersOf([x]) {
    const [rows = 0, width = 1] = x?.shape ?? [];
    return Array.from({ length: rows }, (_, row) => ownerOf(Number(x?.data[row * width])));
  },
  isPoisoned: ([x]) => (x?.data as Float64Array).some((value) => value < 0),
  run([x], code) {
    const data = (x?.data as Float64Array).map((value) => value * CODES + code);
    return [{ name: 'y', datatype: 'FP64', shape: x?.shape ?? [], data }];
  },
};

/** A whole number and a text in each row, which come and go in either order. */
const pair: IdentifyingModel = {
  name: 'pair',
  independent: true,
  signature: {
    inputs: [
      { name: 'x', datatype: 'INT64', shape: [-1] },
      { name: 't', datatype: 'BYTES', shape: [-1] },
    ],
    outputs: [
      { name: 'u', datatype: 'BYTES', shape: [-1] },
      { name: 'y', datatype: 'INT64', shape: [-1] },
    ],
  },
  inputsOf(owner, rows, width, poisoned) {
    const numbers = Array.from({ length: rows }, (_, k) => owner * SPAN + k);
    const x: Tensor = {
      name: 'x',
      datatype: 'INT64',
      shape: [rows],
      data: BigInt64Array.from(numbers, (value) => BigInt(poisoned ? -value : value)),
    };
    const texts = numbers.map((value) => encoder.encode(`t${value}`));
    const t: Tensor = { name: 't', datatype: 'BYTES', shape: [rows], data: texts };
    return width % 2 === 0 ? [t, x] : [x, t];
  },
  ownersOf(inputs) {
    const x = inputs.find(({ name }) => name === 'x');
    return Array.from((x?.data ?? []) as BigInt64Array, (value) => ownerOf(Number(value)));
  },
  isPoisoned: (inputs) =>
    (inputs.find(({ name }) => name === 'x')?.data as BigInt64Array).some((value) => value < 0n),
  run(inputs, code) {
    const x = inputs.find(({ name }) => name === 'x')?.data as BigInt64Array;
    const t = inputs.find(({ name }) => name === 't')?.data as readonly Uint8Array[];
    const shape = [x.length];
    const texts = t.map((text) => encoder.encode(`${decoder.decode(text)}@${code}`));
    const values = x.map((value) => value * BigInt(CODES) + BigInt(code));
    return [
      { name: 'u', datatype: 'BYTES', shape, data: texts },
      { name: 'y', datatype: 'INT64', shape, data: values },
    ];
  },
};

/** Two numbers and no batch: each request is executed alone. */
const fixed: IdentifyingModel = {
  ...wide,
  name: 'fixed',
  independent: false,
  signature: {
    inputs: [{ name: 'x', datatype: 'FP64', shape: [2] }],
    outputs: [{ name: 'y', datatype: 'FP64', shape: [2] }],
  },
  inputsOf: (owner, _rows, _width, poisoned) =>
    wide.inputsOf(owner, 2, 1, poisoned).map((x) => ({ ...x, shape: [2] })),
  ownersOf: ([x]) => [ownerOf(Number(x?.data[0]))],
};

/** Running sums over the rows, as of a series: y = 4096 Σ x + code. */
const summed: IdentifyingModel = {
  ...wide,
  name: 'summed',
  independent: false,
  run([x], code) {
    const [, width = 1] = x?.shape ?? [];
    const data = (x?.data as Float64Array).slice();
    for (let index = width; index < data.length; index++) {
      data[index] = (data[index] ?? 0) + (data[index - width] ?? 0);
    }
    return [
      {
        name: 'y',
        datatype: 'FP64',
        shape: x?.shape ?? [],
        data: data.map((value) => value * CODES + code),
      },
    ];
  },
};

/** Places of the rows among each other by their first number: y = 4096 place + code, which is the same for all requests of one row. */
const ranked: IdentifyingModel = {
  ...wide,
  name: 'ranked',
  independent: false,
  signature: {
    inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, -1] }],
    outputs: [{ name: 'y', datatype: 'FP64', shape: [-1] }],
  },
  run([x], code) {
    const [rows = 0, width = 1] = x?.shape ?? [];
    const first = Array.from({ length: rows }, (_, row) => Number(x?.data[row * width]));
    const places = first.map((value) => first.filter((other) => other > value).length);
    const data = Float64Array.from(places, (place) => place * CODES + code);
    return [{ name: 'y', datatype: 'FP64', shape: [rows], data }];
  },
};

/** Every kind of {@link IdentifyingModel}. */
export const KINDS = [wide, pair, fixed, summed, ranked] as const;
