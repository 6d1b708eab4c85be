import type { Datatype, TensorSpec } from '@fairlead/signature';
import type { LoadedVersion } from '../../models/loaded-version.ts';

/** Source: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/types.proto */
const DTYPES: Readonly<Record<Datatype, string>> = {
  BOOL: 'DT_BOOL',
  UINT8: 'DT_UINT8',
  UINT16: 'DT_UINT16',
  UINT32: 'DT_UINT32',
  UINT64: 'DT_UINT64',
  INT8: 'DT_INT8',
  INT16: 'DT_INT16',
  INT32: 'DT_INT32',
  INT64: 'DT_INT64',
  FP16: 'DT_HALF',
  FP32: 'DT_FLOAT',
  FP64: 'DT_DOUBLE',
  BYTES: 'DT_STRING',
};

/** The name of a model's one signature. */
export const SIGNATURE = 'serving_default';

/** JSON text of a version's signature as TensorFlow Serving describes it, under the name `serving_default`. */
export function encodeMetadata({ label, signature }: LoadedVersion): string {
  return JSON.stringify({
    model_spec: { name: label.model, signature_name: '', version: label.version },
    metadata: {
      signature_def: {
        signature_def: {
          [SIGNATURE]: {
            inputs: describe(signature.inputs),
            outputs: describe(signature.outputs),
            method_name: 'tensorflow/serving/predict',
          },
        },
      },
    },
  });
}

function describe(specs: readonly TensorSpec[]): object {
  return Object.fromEntries(
    specs.map(({ name, datatype, shape }) => [
      name,
      {
        dtype: DTYPES[datatype],
        tensor_shape: {
          // int64 is a string in the JSON of Protocol Buffers.
          dim: shape.map((length) => ({ size: String(length), name: '' })),
          unknown_rank: false,
        },
        name,
      },
    ]),
  );
}
