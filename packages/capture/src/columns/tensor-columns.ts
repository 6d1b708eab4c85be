import type { Datatype } from '@fairlead/signature';
import type { CapturedColumn } from './captured-column.ts';

/** The captured columns of one tensor, which are successive columns of its version. */
export interface TensorColumns {
  readonly side: 'input' | 'output';
  readonly tensor: string;
  readonly datatype: Datatype;
  readonly depth: number;
  readonly batched: boolean;
  /** Indexes of the captured features along the last dimension, ascending; null for the whole tensor. */
  readonly features: readonly number[] | null;
}

/** Groups the columns of a version by their tensors. */
export function tensorColumns(columns: readonly CapturedColumn[]): readonly TensorColumns[] {
  const groups: (TensorColumns & { readonly features: number[] | null })[] = [];
  for (const { side, tensor, feature, datatype, depth, batched } of columns) {
    const last = groups.at(-1);
    if (feature !== null && last?.side === side && last.tensor === tensor) {
      last.features?.push(feature);
      continue;
    }
    const features = feature === null ? null : [feature];
    groups.push({ side, tensor, datatype, depth, batched, features });
  }
  return groups;
}
