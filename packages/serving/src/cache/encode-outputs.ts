import { decodeBinaryTensor, encodeBinaryTensor, type Tensor } from '@fairlead/signature';

const LENGTH_BYTES = 4;

type Head = readonly [name: string, datatype: string, shape: readonly number[], bytes: number];

/** Outputs as one separate piece of memory: the length of a JSON head, the head, and each tensor's bytes. */
export function encodeOutputs(outputs: readonly Tensor[]): Uint8Array {
  const parts = outputs.map(encodeBinaryTensor);
  const head = Buffer.from(
    JSON.stringify(
      outputs.map(({ name, datatype, shape }, index): Head => {
        return [name, datatype, shape, parts[index]?.length ?? 0];
      }),
    ),
  );
  const total = parts.reduce((sum, { length }) => sum + length, LENGTH_BYTES + head.length);
  const bytes = new Uint8Array(total);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, LENGTH_BYTES);
  let offset = LENGTH_BYTES + head.length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/**
 * The outputs that {@link encodeOutputs} was given, in separate storage: a reader of them can't reach what others
 * read.
 *
 * @returns undefined when the bytes are something else.
 */
export function decodeOutputs(bytes: Uint8Array): readonly Tensor[] | undefined {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(
      0,
      true,
    );
    let offset = LENGTH_BYTES + length;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + LENGTH_BYTES, length).toString();
    const outputs = (JSON.parse(text) as readonly Head[]).map(([name, datatype, shape, size]) => {
      // Elements of BYTES would stay views of the stored bytes.
      const part = bytes[datatype === 'BYTES' ? 'slice' : 'subarray'](offset, offset + size);
      offset += size;
      return decodeBinaryTensor({ name, datatype, shape }, part);
    });
    return offset === bytes.length ? outputs : undefined;
  } catch {
    return undefined;
  }
}
