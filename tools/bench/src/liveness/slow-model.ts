import { fileURLToPath } from 'node:url';
import type { Signature } from '@fairlead/signature';

/** A model that multiplies 128×128 matrices as often as its input says, and so takes as long as a request specifies. */
export const slowModelFile = fileURLToPath(
  new URL('../../../../packages/serving/test/models/slow.onnx', import.meta.url),
);

/** Signature of the slow model. */
export const slowSignature: Signature = {
  inputs: [{ name: 'times', datatype: 'INT64', shape: [1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
};

/** A request that takes some 50 ms of one core. */
export const slowRequest = JSON.stringify({
  inputs: [{ name: 'times', datatype: 'INT64', shape: [1], data: [300] }],
});
