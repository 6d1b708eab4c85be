import type { OnnxAttribute, OnnxNode } from '@fairlead/signature/onnx';
import { type RowValue, type Rows, type Shape, unclear } from './row-value.ts';

/** Finds out what is known of a node's outputs from what is known of its inputs; the last one stands for all further ones. */
export type Rule = (node: NodeView) => RowValue | readonly RowValue[];

/** One node, as rules see it. */
export class NodeView {
  readonly opType: string;
  /** Version of the operator set that the operator is of. */
  readonly opset: number;
  /** Values of the inputs; `undefined` for one that is left out. */
  readonly inputs: readonly (RowValue | undefined)[];
  readonly outputCount: number;
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;

  constructor(node: OnnxNode, opset: number, inputs: readonly (RowValue | undefined)[]) {
    this.opType = node.opType;
    this.opset = opset;
    this.inputs = inputs;
    this.outputCount = node.outputs.length;
    this.attributes = node.attributes;
  }

  has(attribute: string): boolean {
    return this.attributes.has(attribute);
  }

  integer(attribute: string, otherwise: number): number {
    // Zero is the default of the format: an exporter may leave it out.
    if (!this.attributes.has(attribute)) return otherwise;
    return this.attributes.get(attribute)?.integers?.[0] ?? 0;
  }

  integers(attribute: string): readonly number[] | undefined {
    return this.attributes.get(attribute)?.integers;
  }

  text(attribute: string): string | undefined {
    return this.attributes.get(attribute)?.text;
  }

  attribute(name: string): OnnxAttribute | undefined {
    return this.attributes.get(name);
  }

  /** The input, which has rows. */
  rows(position: number): Rows {
    const value = this.inputs[position];
    return value?.kind === 'rows' ? value : unclear();
  }

  /** Elements of an input of a few integers; `undefined` when it is left out. */
  elements(position: number): Shape | undefined {
    const value = this.inputs[position];
    if (value === undefined) return undefined;
    return (
      (value.kind === 'fixed' || value.kind === 'count' ? value.elements : undefined) ?? unclear()
    );
  }

  /** Elements that are all known numbers. */
  numbers(position: number): readonly number[] | undefined {
    return this.elements(position)?.map((each) => (typeof each === 'number' ? each : unclear()));
  }

  /** Ends the rule unless all inputs from a position on are the same for all rows. */
  requireFixed(from: number): void {
    for (const value of this.inputs.slice(from)) {
      if (value !== undefined && value.kind !== 'fixed') unclear();
    }
  }

  /** Ends the rule unless all inputs from a position on have one element, the same for all rows. */
  requireScalars(from: number): void {
    this.requireFixed(from);
    this.inputs.forEach((value, position) => {
      if (position < from || value === undefined) return;
      if (!this.shape(position).every((length) => length === 1)) unclear();
    });
  }

  /** Shape of an input of rows or of fixed values. */
  shape(position: number): Shape {
    const value = this.inputs[position];
    return (
      (value?.kind === 'rows' || value?.kind === 'fixed' ? value.shape : undefined) ??
      unclear('has an operand of unknown shape')
    );
  }

  /** A list of axes, by an attribute in older versions of the operator, by an input in later ones. */
  axes(rank: number, position: number): readonly number[] | undefined {
    const axes = this.integers('axes') ?? this.numbers(position);
    return axes?.map((axis) => fromStart(axis, rank));
  }
}

/** An axis counted from the start. */
export function fromStart(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
