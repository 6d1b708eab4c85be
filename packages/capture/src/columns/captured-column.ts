import type { Datatype, Signature, TensorSpec } from '@fairlead/signature';

/** One column of inputs or outputs: a tensor, or one of its features. */
export interface CapturedColumn {
  /** Name in files, such as `input_age`; unique in a version, also if upper and lower case are the same. */
  readonly name: string;
  readonly side: 'input' | 'output';
  readonly tensor: string;
  /** Index of the feature along the last dimension; null for the whole tensor. */
  readonly feature: number | null;
  readonly datatype: Datatype;
  /** Levels of nested lists; 0 for one value in a row. */
  readonly depth: number;
  /** True if the first dimension of the tensor counts rows; otherwise all rows of a request have the same value. */
  readonly batched: boolean;
}

/**
 * Returns the columns of a version by its signature, without the tensors and features that are marked `sensitive`.
 *
 * A request has one row for each row of its first input with a variable first dimension; without such an input it is one row.
 *
 * @example
 * ```ts
 * import { capturedColumns } from '@fairlead/capture';
 *
 * const features = [{ name: 'age' }, { name: 'ssn', sensitive: true }];
 * const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 2], features }] as const;
 * const outputs = [{ name: 'scores', datatype: 'FP32', shape: [-1, 3] }] as const;
 * const columns = capturedColumns({ inputs, outputs });
 * console.log(columns.map(({ name, depth }) => `${name} ${depth}`)); // [ 'input_age 0', 'output_scores 1' ]
 * ```
 */
export function capturedColumns(signature: Signature): readonly CapturedColumn[] {
  const hasRows = rowInput(signature) !== undefined;
  const names = new Set<string>();
  return (['input', 'output'] as const).flatMap((side) => {
    const specs = signature[`${side}s`];
    return specs.flatMap((spec) =>
      columnsOf(spec, hasRows).map(({ label, ...column }) => {
        const isShared = specs.some((other) => other !== spec && labelsOf(other).includes(label));
        const name = `${side}_${isShared && column.feature !== null ? `${spec.name}_` : ''}${label}`;
        return { name: unique(name, names), side, ...column };
      }),
    );
  });
}

/** Returns the input whose first dimension counts the rows of a request; undefined if a request is one row. */
export function rowInput(signature: Signature): TensorSpec | undefined {
  return signature.inputs.find(({ shape }) => shape[0] === -1);
}

function columnsOf(spec: TensorSpec, hasRows: boolean) {
  if (spec.sensitive === true) return [];
  const { name: tensor, datatype, shape, features } = spec;
  const batched = hasRows && shape[0] === -1;
  const row = batched ? shape.slice(1) : shape;
  if (features === undefined) {
    const depth = row.every((length) => length === 1) ? 0 : row.length;
    return [{ label: tensor, tensor, feature: null, datatype, depth, batched }];
  }
  return features.flatMap(({ name: label, sensitive }, feature) =>
    sensitive === true
      ? []
      : [{ label, tensor, feature, datatype, depth: Math.max(0, row.length - 1), batched }],
  );
}

function labelsOf({ name, features }: TensorSpec): readonly string[] {
  return features?.map((feature) => feature.name) ?? [name];
}

/** Adds a number to a name that is taken: readers such as Athena don't distinguish upper and lower case. */
function unique(name: string, names: Set<string>): string {
  let free = name;
  for (let count = 2; names.has(free.toLowerCase()); count += 1) free = `${name}_${count}`;
  names.add(free.toLowerCase());
  return free;
}
