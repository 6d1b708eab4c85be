import type { Datatype } from '../datatype.ts';
import { parseSignature } from '../parse-signature.ts';
import type { Signature, TensorSpec } from '../signature.ts';
import { sharedDimensions } from '../shared-dimensions.ts';
import { SignatureError } from '../signature-error.ts';
import { isZipMap } from './drop-zip-maps.ts';
import type { OnnxGraph, OnnxValue } from './onnx-model.ts';
import { onnxDatatype, onnxTypeName } from './onnx-type.ts';

/**
 * Returns the signature of a graph: its inputs without the weights, and its outputs. Lengths with a name, and missing
 * lengths, are -1, and a length of 0 is 0; names that inputs share are the names of their dimensions.
 *
 * @throws SignatureError `ERR_SIGNATURE_ONNX_INVALID` naming the input or output that can't be served, and the fix.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { onnxSignature, readOnnxModel } from '@fairlead/signature/onnx';
 *
 * const { graph } = readOnnxModel(await readFile('./model.onnx'));
 * const [input] = onnxSignature(graph).inputs;
 * console.log(input?.name, input?.datatype, input?.shape); // x FP32 [ -1, 2 ]
 * ```
 */
export function onnxSignature({ inputs, outputs, initializers, nodes }: OnnxGraph): Signature {
  // Before IR version 4 the weights are optional inputs.
  const given = inputs.filter(({ name }) => !initializers.has(name));
  const named = given.map(({ name, shape = [] }) => ({ name, dimensions: shape.map(nameOf) }));
  const shared = sharedDimensions(named);
  return parseSignature({
    inputs: given.map((value, index) => {
      const dimensions = (named[index]?.dimensions ?? []).map((name) =>
        name !== null && shared.has(name) ? name : null,
      );
      const sharesNone = dimensions.every((name) => name === null);
      return { ...tensorSpec('input', value), ...(!sharesNone && { dimensions }) };
    }),
    outputs: outputs.map((value) => {
      const maker = nodes.find((node) => node.outputs.includes(value.name));
      if (maker !== undefined && isZipMap(maker)) throw withZipMap(value);
      return tensorSpec('output', value);
    }),
  });
}

/** Names that exporters write for an unknown length: equal ones don't mean equal lengths. */
const UNKNOWN: ReadonlySet<string> = new Set([
  '',
  '?',
  '*',
  '-1',
  'None',
  'none',
  'unk',
  'unknown',
]);

function nameOf(length: number | string | undefined): string | null {
  return typeof length === 'string' && !UNKNOWN.has(length) ? length : null;
}

function withZipMap({ name }: OnnxValue): SignatureError {
  return invalid(
    `output ${JSON.stringify(name.slice(0, 80))} is a list of maps (ZipMap), which can't be sent; export the classifier ` +
      'with options={"zipmap": False} (skl2onnx), or zipmap=False (LightGBM and others of onnxmltools)',
  );
}

function tensorSpec(
  what: string,
  { name, kind, elementType, shape, description }: OnnxValue,
): TensorSpec {
  const place = `${what} ${JSON.stringify(name.slice(0, 80))}`;
  if (elementType === undefined) {
    throw invalid(
      `${place} is ${kind}; only tensors can be sent, so make each part a separate ${what}`,
    );
  }
  const datatype: Datatype | undefined = onnxDatatype(elementType);
  if (datatype === undefined) {
    throw invalid(
      `${place} holds ${onnxTypeName(elementType)}, which no protocol can send; let the graph cast it, to float32 for instance`,
    );
  }
  if (shape === undefined) {
    throw invalid(`${place} has no shape; export it with one, -1 or a name for what varies`);
  }
  return {
    name,
    datatype,
    shape: shape.map((length) =>
      typeof length === 'number' && Number.isSafeInteger(length) && length >= 0 ? length : -1,
    ),
    ...(description !== undefined && { description }),
  };
}

function invalid(message: string): SignatureError {
  return new SignatureError('ERR_SIGNATURE_ONNX_INVALID', message);
}
