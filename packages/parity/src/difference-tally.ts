import { float16ToNumber, type Tensor } from '@fairlead/signature';
import { ParityError } from './parity-error.ts';
import type { OutputParity, ParityReport, ParityRow } from './parity-report.ts';

const MAX_WORST_ROWS = 10;
const MAX_SHOWN_INPUTS = 8;
const MIN_EXPONENT = -9;
/** Denominator of a relative difference where the original's value is smaller. */
const MIN_MAGNITUDE = 1e-12;

type Value = number | string | bigint;

interface Sums {
  readonly output: OutputParity;
  readonly equal: number;
  readonly sum: number;
}

/** Sums of the differences between the tensors that were compared so far. */
export class DifferenceTally {
  /** Rows of the cases before the current one. */
  rows = 0;
  readonly #outputs = new Map<string, Sums>();
  readonly #worst: ParityRow[] = [];
  readonly #histogram = Array.from({ length: 2 - MIN_EXPONENT }, () => 0);

  /** Adds the differences of one output; `inputs` are shown with the worst rows. */
  compare(expected: Tensor, actual: Tensor, inputs: readonly Tensor[]): void {
    const labels = !expected.datatype.startsWith('FP');
    const a = valuesOf(expected);
    const b = valuesOf(actual);
    const perRow = Math.max(1, a.length / Math.max(1, expected.shape[0] ?? 1));
    const before = this.#outputs.get(expected.name);
    let { equal = 0, sum = 0 } = before ?? {};
    let { maxAbsolute = 0, maxRelative = 0 } = before?.output ?? {};
    const { elements = 0 } = before?.output ?? {};
    for (const [index, left] of a.entries()) {
      const right = b[index] ?? NaN;
      const difference = differenceOf(left, right, labels);
      if (difference === 0) equal += 1;
      sum += difference;
      maxAbsolute = Math.max(maxAbsolute, difference);
      const size = Math.max(Math.abs(Number(left)) || 0, MIN_MAGNITUDE);
      maxRelative = Math.max(maxRelative, difference === 0 ? 0 : difference / size);
      this.#count(difference);
      const row = Math.floor(index / perRow);
      this.#rankRow({ row, output: expected.name, difference, left, right }, inputs);
    }
    const count = elements + a.length;
    this.#outputs.set(expected.name, {
      output: {
        name: expected.name,
        datatype: expected.datatype,
        elements: count,
        maxAbsolute,
        maxRelative,
        meanAbsolute: count === 0 ? 0 : sum / count,
        ...(labels && { agreement: count === 0 ? 1 : equal / count }),
      },
      equal,
      sum,
    });
  }

  /** @throws ParityError `ERR_PARITY_INCOMPARABLE` when no element was compared. */
  report(): ParityReport {
    const outputs = [...this.#outputs.values()].map(({ output }) => output);
    if (outputs.every(({ elements }) => elements === 0)) {
      throw new ParityError(
        'ERR_PARITY_INCOMPARABLE',
        'there is no element to compare: give rows, and the outputs of the original for them',
      );
    }
    const parity = Math.max(...outputs.map(({ maxAbsolute }) => maxAbsolute));
    return { rows: this.rows, parity, outputs, worst: this.#worst, histogram: this.#histogram };
  }

  #count(difference: number): void {
    const exponent = difference === 0 ? -Infinity : Math.ceil(Math.log10(difference));
    const bin = Math.min(Math.max(exponent - MIN_EXPONENT, 0), this.#histogram.length - 1);
    this.#histogram[bin] = (this.#histogram[bin] ?? 0) + 1;
  }

  #rankRow(
    found: { row: number; output: string; difference: number; left: Value; right: Value },
    inputs: readonly Tensor[],
  ): void {
    const { row, output, difference, left, right } = found;
    const last = this.#worst.at(-1);
    if (
      difference === 0 ||
      (this.#worst.length === MAX_WORST_ROWS && difference <= (last?.difference ?? 0))
    )
      return;
    const item: ParityRow = {
      row: this.rows + row,
      output,
      difference,
      expected: plain(left),
      actual: plain(right),
      inputs: inputs.flatMap((tensor) => rowOf(tensor, row)).slice(0, MAX_SHOWN_INPUTS),
    };
    const at = this.#worst.findIndex((other) => other.difference < difference);
    this.#worst.splice(at === -1 ? this.#worst.length : at, 0, item);
    if (this.#worst.length > MAX_WORST_ROWS) this.#worst.pop();
  }
}

/** Absolute difference: 0 for equal values, `Infinity` for different labels and where only one number is finite. */
function differenceOf(left: Value, right: Value, labels: boolean): number {
  if (left === right || (Number.isNaN(left) && Number.isNaN(right))) return 0;
  if (labels) return Infinity;
  const difference = Math.abs(Number(left) - Number(right));
  return Number.isFinite(difference) ? difference : Infinity;
}

function valuesOf(tensor: Tensor): readonly Value[] {
  switch (tensor.datatype) {
    case 'BYTES':
      return tensor.data.map((element) => new TextDecoder().decode(element));
    case 'FP16':
      return Array.from(tensor.data, float16ToNumber);
    default:
      return [...tensor.data];
  }
}

function rowOf(tensor: Tensor, row: number): readonly (number | string)[] {
  const values = valuesOf(tensor);
  const length = values.length / Math.max(1, tensor.shape[0] ?? 1);
  return values.slice(row * length, row * length + Math.min(length, MAX_SHOWN_INPUTS)).map(plain);
}

function plain(value: Value): number | string {
  return typeof value === 'bigint' ? String(value) : value;
}
