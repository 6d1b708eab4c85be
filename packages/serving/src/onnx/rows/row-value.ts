/** Length of an axis: a number, the number of rows, or `undefined` for one that varies by itself; requests that share an execution agree in it. */
export type Length = number | 'rows' | undefined;

/** Lengths of all axes. */
export type Shape = readonly Length[];

/**
 * Facts about a value in a graph.
 *
 * - `fixed`: the same for all rows and any number of them.
 * - `rows`: its axis of length `rows` holds the rows, each computed from the same row of the inputs alone.
 * - `count`: it depends on the number of rows, and on nothing in them.
 * - `mixed`: rows influence each other in it.
 * - `unknown`: it comes from something that isn't understood here.
 */
export type RowValue =
  | {
      readonly kind: 'fixed';
      readonly shape?: Shape | undefined;
      /** Of a few integers, such as a shape: each of them. */
      readonly elements?: Shape | undefined;
    }
  | { readonly kind: 'rows'; readonly shape: Shape }
  | {
      readonly kind: 'count';
      readonly shape?: Shape | undefined;
      readonly elements?: Shape | undefined;
    }
  | { readonly kind: 'mixed' | 'unknown'; readonly reason: string };

/** A value whose rows are apart. */
export type Rows = Extract<RowValue, { readonly kind: 'rows' }>;

/** Thrown by an operator's rule when its outputs are `mixed` or `unknown`. */
export class RowProblem extends Error {
  readonly kind: 'mixed' | 'unknown';

  constructor(kind: 'mixed' | 'unknown', reason: string) {
    super(reason);
    this.kind = kind;
  }
}

/** Ends a rule: rows influence each other. */
export function mixes(reason: string): never {
  throw new RowProblem('mixed', reason);
}

/** Ends a rule: this use of the operator isn't understood. */
export function unclear(reason = 'is used in a way that is not understood'): never {
  throw new RowProblem('unknown', reason);
}

/** Creates a value of rows; they must be on one axis. */
export function rowsOf(shape: Shape): Rows {
  if (shape.filter((length) => length === 'rows').length !== 1) return unclear();
  return { kind: 'rows', shape };
}

/** Creates the value of a few integers, some of which may be the number of rows. */
export function integersOf(elements: Shape, shape: Shape | undefined): RowValue {
  return { kind: elements.includes('rows') ? 'count' : 'fixed', shape, elements };
}

/** The axis that holds the rows. */
export function axisOf({ shape }: Rows): number {
  return shape.indexOf('rows');
}
