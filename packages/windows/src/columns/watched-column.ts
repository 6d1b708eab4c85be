import type { Datatype, TensorSpec } from '@fairlead/signature';

/** Tensors with more elements in a row, such as images, have no features to watch. */
export const MAX_ROW_WIDTH = 1024;

/** One feature or output of a signature: an index along the last dimension of a tensor. */
export interface WatchedColumn {
  /** Name of the feature, or of the tensor with the index: `age`, `pixels[3]`. */
  readonly name: string;
  readonly tensor: string;
  readonly index: number;
  readonly datatype: Datatype;
  /** Elements of a tensor with one dimension that is a row, as of shape `[2]`; absent where it is a list of rows, or has more dimensions. */
  readonly width?: number;
}

/**
 * Returns the features and outputs of tensors that can be counted: those with a row of up to 1,024 elements.
 *
 * A feature or tensor with a member `sensitive: true` is left out, except in the inputs of the model itself.
 */
export function watchedColumns(
  specs: readonly TensorSpec[],
  { withSensitive = false }: { readonly withSensitive?: boolean } = {},
): readonly WatchedColumn[] {
  const seen = new Set<string>();
  return specs.flatMap((spec) => {
    const { name: tensor, datatype, features } = spec;
    const columns: WatchedColumn[] = [];
    for (let index = 0; index < rowWidth(spec); index += 1) {
      const feature = features?.[index];
      const isSensitive = spec.sensitive === true || feature?.sensitive === true;
      if (isSensitive && !withSensitive) continue;
      const short = feature?.name ?? (rowWidth(spec) === 1 ? tensor : `${tensor}[${index}]`);
      const name = seen.has(short) ? `${tensor}.${short}` : short;
      seen.add(name);
      columns.push({ name, tensor, index, datatype, ...singleRow(spec) });
    }
    return columns;
  });
}

/** The width of a tensor that is one row. Its values don't show it: a list of two rows has the same shape as a row of two elements. */
export function singleRow(spec: TensorSpec): Pick<WatchedColumn, 'width'> {
  const width = rowWidth(spec);
  return spec.shape.length < 2 && width > 1 ? { width } : {};
}

/** Number of elements in a row of a tensor; 0 if it can't be counted by features. */
export function rowWidth({ shape, features }: TensorSpec): number {
  if (shape.length > 2) return 0;
  const last = shape.at(-1) ?? 1;
  const isBatchOnly = shape.length < 2 && last === -1;
  const width = isBatchOnly ? 1 : last === -1 ? (features?.length ?? 0) : last;
  return width <= MAX_ROW_WIDTH ? width : 0;
}
