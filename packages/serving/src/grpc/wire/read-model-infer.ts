import type { InferInputTensor, InferParameter, ModelInferRequest } from './messages.ts';
import { readContents } from './read-contents.ts';
import { countVarints, readVarint, undecodable, WireReader, wireTypes } from './wire-reader.ts';

/**
 * Decodes `ModelInferRequest`, elements straight into typed arrays: a generated decoder makes an object or a string of
 * each 64-bit integer.
 *
 * Check it with {@link measureModelInfer} before.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` for what is no such message.
 */
export function readModelInfer(bytes: Uint8Array): ModelInferRequest {
  let modelName = '';
  let modelVersion = '';
  let id = '';
  const parameters: Record<string, InferParameter> = {};
  const inputs: InferInputTensor[] = [];
  const outputs: ModelInferRequest['outputs'][number][] = [];
  const rawInputContents: Uint8Array[] = [];
  const message = new WireReader(bytes);
  while (message.next()) {
    if (message.is(1, wireTypes.bytes)) modelName = message.text();
    else if (message.is(2, wireTypes.bytes)) modelVersion = message.text();
    else if (message.is(3, wireTypes.bytes)) id = message.text();
    else if (message.is(4, wireTypes.bytes)) readParameter(bytes, message.message(), parameters);
    else if (message.is(5, wireTypes.bytes)) inputs.push(readInput(bytes, message.message()));
    else if (message.is(6, wireTypes.bytes)) outputs.push(readOutput(bytes, message.message()));
    else if (message.is(7, wireTypes.bytes)) rawInputContents.push(message.bytes());
  }
  return { modelName, modelVersion, id, parameters, inputs, outputs, rawInputContents };
}

function readInput(bytes: Uint8Array, input: WireReader): InferInputTensor {
  let name = '';
  let datatype = '';
  const shape: number[] = [];
  const parameters: Record<string, InferParameter> = {};
  const contents: WireReader[] = [];
  while (input.next()) {
    if (input.is(1, wireTypes.bytes)) name = input.text();
    else if (input.is(2, wireTypes.bytes)) datatype = input.text();
    else if (input.field === 3) readShape(bytes, input, shape);
    else if (input.is(4, wireTypes.bytes)) readParameter(bytes, input.message(), parameters);
    else if (input.is(5, wireTypes.bytes)) contents.push(input.message());
  }
  return {
    name,
    datatype,
    shape,
    parameters,
    contents: contents.length === 0 ? null : readContents(bytes, contents),
  };
}

/** Packed, as proto3 writes it, or one dimension in a field; parsers must take both. */
function readShape(bytes: Uint8Array, { type, start, end }: WireReader, shape: number[]): void {
  if (type !== wireTypes.varint && type !== wireTypes.bytes)
    throw undecodable(`field 3 has wire type ${type}`);
  let at = start;
  for (let left = countVarints(bytes, start, end); left > 0; left--) {
    shape.push(Number(readVarint(bytes, at)));
    while ((bytes[at] ?? 0) >= 0x80) at += 1;
    at += 1;
  }
  if (at !== end) throw undecodable('it ends within a varint');
}

function readOutput(bytes: Uint8Array, output: WireReader): ModelInferRequest['outputs'][number] {
  let name = '';
  const parameters: Record<string, InferParameter> = {};
  while (output.next()) {
    if (output.is(1, wireTypes.bytes)) name = output.text();
    else if (output.is(2, wireTypes.bytes)) readParameter(bytes, output.message(), parameters);
  }
  return { name, parameters };
}

/** Reads one entry of a map of parameters. */
function readParameter(
  bytes: Uint8Array,
  entry: WireReader,
  parameters: Record<string, InferParameter>,
): void {
  let key = '';
  let parameter: InferParameter = {};
  while (entry.next()) {
    if (entry.is(1, wireTypes.bytes)) key = entry.text();
    else if (entry.is(2, wireTypes.bytes)) parameter = readChoice(bytes, entry.message());
  }
  // A key such as `__proto__` is a parameter like any other.
  Object.defineProperty(parameters, key, {
    value: parameter,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** Of the alternatives of a `oneof` the last one counts. */
function readChoice(bytes: Uint8Array, choice: WireReader): InferParameter {
  let parameter: InferParameter = {};
  while (choice.next()) {
    const { start } = choice;
    if (choice.is(1, wireTypes.varint)) {
      parameter = { boolParam: readVarint(bytes, start) !== 0n };
    } else if (choice.is(2, wireTypes.varint)) {
      parameter = { int64Param: String(readVarint(bytes, start)) };
    } else if (choice.is(3, wireTypes.bytes)) parameter = { stringParam: choice.text() };
    else if (choice.is(4, wireTypes.fixed64)) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + start, 8);
      parameter = { doubleParam: view.getFloat64(0, true) };
    } else if (choice.is(5, wireTypes.varint)) {
      parameter = { uint64Param: String(BigInt.asUintN(64, readVarint(bytes, start))) };
    }
  }
  return parameter;
}
