import { decodeBinaryTensor, encodeBinaryTensor, type Tensor } from '@fairlead/signature';

/** A tensor on its way to another thread: hundreds of thousands of byte strings travel as one buffer. */
export type PackedTensor =
  | Exclude<Tensor, { readonly datatype: 'BYTES' }>
  | { readonly name: string; readonly shape: readonly number[]; readonly packed: Uint8Array };

/** Cloning each element would keep the event loop for a fifth of a second with a body of a megabyte. */
export function packTensor(tensor: Tensor): PackedTensor {
  if (tensor.datatype !== 'BYTES') return tensor;
  const { name, shape } = tensor;
  return { name, shape, packed: encodeBinaryTensor(tensor) };
}

/** The tensor that was packed. */
export function unpackTensor(tensor: PackedTensor): Tensor {
  if (!('packed' in tensor)) return tensor;
  const { name, shape, packed } = tensor;
  return decodeBinaryTensor({ name, datatype: 'BYTES', shape }, packed);
}

/** The buffers that a message with these tensors may move. */
export function buffersOf(tensors: readonly PackedTensor[]): ArrayBuffer[] {
  const buffers = tensors.map((each) => ('packed' in each ? each.packed : each.data).buffer);
  return [...new Set(buffers)] as ArrayBuffer[];
}
