import { decodeTensor, float16ToNumber, type Tensor } from '@fairlead/signature';
import { RegistryError } from '../errors/registry-error.ts';
import type { JsonTensor } from '../versions/manifest.ts';

/** What original and export gave for the same inputs. */
export interface ParityCase {
  /** The inputs, to show with the worst rows; as many rows as the outputs have. */
  readonly inputs: readonly JsonTensor[];
  /** What the original gave. */
  readonly expected: readonly JsonTensor[];
  /** What the export gave. */
  readonly actual: readonly JsonTensor[];
}

/** How far one output of the export is from the original's. */
export interface OutputParity {
  readonly name: string;
  readonly datatype: string;
  /** Elements that were compared. */
  readonly elements: number;
  /** Greatest absolute difference; `Infinity` where only one is a finite number. */
  readonly maxAbsolute: number;
  /** Greatest difference relative to the original's value. */
  readonly maxRelative: number;
  readonly meanAbsolute: number;
  /** Of whole numbers, booleans and texts, which are labels: the share of equal ones. */
  readonly agreement?: number;
}

/** A row on which export and original differ most. */
export interface ParityRow {
  /** Position among all rows, from 0. */
  readonly row: number;
  readonly output: string;
  readonly difference: number;
  readonly expected: number | string;
  readonly actual: number | string;
  /** The first few elements of that row of the inputs. */
  readonly inputs: readonly (number | string)[];
}

/** How far an export is from its original. */
export interface ParityReport {
  readonly rows: number;
  /** What gates look at: the greatest absolute difference of all outputs; a label that differs counts as infinite. */
  readonly parity: number;
  readonly outputs: readonly OutputParity[];
  /** At most ten, the worst first. */
  readonly worst: readonly ParityRow[];
  /** How many elements differ by less than 1e-9, 1e-8, … 1, and by more: 11 counts. */
  readonly histogram: readonly number[];
}

const WORST = 10;
const SHOWN_INPUTS = 8;
const LEAST_EXPONENT = -9;
/** What a relative difference is measured against where the original gives nearly nothing. */
const NEARLY_NOTHING = 1e-12;

type Value = number | string | bigint;

/**
 * Compares what an export gives with what its original gives, output by output and element by element.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_ARGUMENT` when there is nothing to compare, or an output is missing or of
 * another shape.
 */
export function compareOutputs(cases: readonly ParityCase[]): ParityReport {
  const tally = new Tally();
  for (const { inputs, expected, actual } of cases) {
    const given = actual.map(decodeTensor);
    const sent = inputs.map(decodeTensor);
    let rows = 0;
    for (const tensor of expected.map(decodeTensor)) {
      const other = given.find(({ name }) => name === tensor.name);
      if (other?.shape.join(',') !== tensor.shape.join(',')) {
        throw incomparable(tensor, other);
      }
      rows = Math.max(rows, tensor.shape[0] ?? 1);
      tally.compare(tensor, other, sent);
    }
    tally.rows += rows;
  }
  return tally.report();
}

function incomparable(expected: Tensor, actual: Tensor | undefined): RegistryError {
  const found =
    actual === undefined ? 'is missing from' : `has the shape [${actual.shape.join(',')}] in`;
  return new RegistryError(
    'ERR_REGISTRY_INVALID_ARGUMENT',
    `cannot compare output "${expected.name}" of shape [${expected.shape.join(',')}]: it ${found} what the export gave`,
  );
}

interface Sums {
  readonly output: OutputParity;
  readonly equal: number;
  readonly sum: number;
}

class Tally {
  rows = 0;
  readonly #outputs = new Map<string, Sums>();
  readonly #worst: ParityRow[] = [];
  readonly #histogram = Array.from({ length: 2 - LEAST_EXPONENT }, () => 0);

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
      const size = Math.max(Math.abs(Number(left)) || 0, NEARLY_NOTHING);
      maxRelative = Math.max(maxRelative, difference === 0 ? 0 : difference / size);
      this.#count(difference);
      const row = Math.floor(index / perRow);
      this.#keepWorst({ row, output: expected.name, difference, left, right }, inputs);
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

  report(): ParityReport {
    const outputs = [...this.#outputs.values()].map(({ output }) => output);
    if (outputs.every(({ elements }) => elements === 0)) {
      throw new RegistryError(
        'ERR_REGISTRY_INVALID_ARGUMENT',
        'there is nothing to compare: give rows, with what the original answers to them',
      );
    }
    const parity = Math.max(...outputs.map(({ maxAbsolute }) => maxAbsolute));
    return { rows: this.rows, parity, outputs, worst: this.#worst, histogram: this.#histogram };
  }

  #count(difference: number): void {
    const exponent = difference === 0 ? -Infinity : Math.ceil(Math.log10(difference));
    const bin = Math.min(Math.max(exponent - LEAST_EXPONENT, 0), this.#histogram.length - 1);
    this.#histogram[bin] = (this.#histogram[bin] ?? 0) + 1;
  }

  #keepWorst(
    found: { row: number; output: string; difference: number; left: Value; right: Value },
    inputs: readonly Tensor[],
  ): void {
    const { row, output, difference, left, right } = found;
    const least = this.#worst.at(-1);
    if (
      difference === 0 ||
      (this.#worst.length === WORST && difference <= (least?.difference ?? 0))
    )
      return;
    const item: ParityRow = {
      row: this.rows + row,
      output,
      difference,
      expected: plain(left),
      actual: plain(right),
      inputs: inputs.flatMap((tensor) => rowOf(tensor, row)).slice(0, SHOWN_INPUTS),
    };
    const place = this.#worst.findIndex((other) => other.difference < difference);
    this.#worst.splice(place === -1 ? this.#worst.length : place, 0, item);
    if (this.#worst.length > WORST) this.#worst.pop();
  }
}

/** 0 for equal values; labels that differ, and numbers of which only one is finite, are infinitely far apart. */
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
  return values.slice(row * length, row * length + Math.min(length, SHOWN_INPUTS)).map(plain);
}

function plain(value: Value): number | string {
  return typeof value === 'bigint' ? String(value) : value;
}
