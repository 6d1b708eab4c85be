import { encodeBinaryTensor, type Tensor } from '@fairlead/signature';
import type { InferResult } from '../inference/infer-request.ts';
import { encodeTypedContents, type TypedContents } from './typed-contents.ts';
import { contentFields } from './wire/content-fields.ts';
import { varints, WireWriter } from './wire/write-message.ts';

/**
 * The bytes of `ModelInferResponse`; raw when that was requested, or when one of the outputs can't be sent otherwise.
 *
 * Written by hand: elements are copied as they lie in memory, where a generated encoder makes a value of each.
 */
export function encodeModelInfer(result: InferResult, raw: boolean): Buffer {
  const { model, version, id = '', outputs } = result;
  const message = new WireWriter();
  message.text(1, model);
  message.text(2, version);
  message.text(3, id);
  const typed = raw ? [] : outputs.flatMap((output) => encodeTypedContents(output) ?? []);
  const isTyped = !raw && typed.length === outputs.length;
  for (const [index, output] of outputs.entries()) {
    message.bytes(5, encodeOutput(output, isTyped ? typed[index] : undefined));
  }
  if (!isTyped) for (const output of outputs) message.bytes(6, encodeBinaryTensor(output));
  return message.join();
}

function encodeOutput(
  { name, datatype, shape }: Tensor,
  contents: TypedContents | undefined,
): Buffer {
  const output = new WireWriter();
  output.text(1, name);
  output.text(2, datatype);
  if (shape.length > 0) output.bytes(3, varints(shape));
  if (contents !== undefined) output.bytes(5, encodeContents(contents));
  return output.join();
}

function encodeContents(contents: TypedContents): Buffer {
  const message = new WireWriter();
  const field = FIELD_NUMBERS.get(contents.field) ?? 0;
  if ('packed' in contents) {
    if (contents.packed.length > 0) message.bytes(field, contents.packed);
  } else for (const element of contents.elements) message.bytes(field, element);
  return message.join();
}

const FIELD_NUMBERS: ReadonlyMap<string, number> = new Map(
  Object.entries(contentFields).map(([number, field]) => [field?.name ?? '', Number(number)]),
);
