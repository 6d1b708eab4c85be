import { fileURLToPath } from 'node:url';
import { decodeBinaryTensor, encodeBinaryTensor, type Tensor } from '@fairlead/signature';
import { Client, credentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

interface Method {
  readonly path: string;
  readonly requestSerialize: (message: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => ModelInferResponse;
}

interface ModelInferResponse {
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly string[];
  }[];
  readonly rawOutputContents: readonly Uint8Array[];
}

const proto = new URL('../../../packages/serving/proto/open-inference.proto', import.meta.url);
const MAX_BYTES = 64 * 1024 * 1024;

/** Creates a client of gRPC that sends raw contents. */
export function grpcClient(address: string): {
  readonly infer: (model: string, inputs: readonly Tensor[]) => Promise<readonly Tensor[]>;
  readonly close: () => void;
} {
  const services = loadSync(fileURLToPath(proto), { longs: String, defaults: true });
  const { ModelInfer } = services['inference.GRPCInferenceService'] as unknown as {
    readonly ModelInfer: Method;
  };
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': MAX_BYTES,
  });
  return {
    async infer(modelName, inputs) {
      const message = {
        modelName,
        inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
        rawInputContents: inputs.map((tensor) => Buffer.from(encodeBinaryTensor(tensor))),
      };
      const answer = await new Promise<ModelInferResponse>((resolve, reject) => {
        client.makeUnaryRequest(
          ModelInfer.path,
          ModelInfer.requestSerialize,
          ModelInfer.responseDeserialize,
          message,
          (error, value) => {
            if (error === null && value !== undefined) resolve(value);
            else reject(error ?? new Error('no answer'));
          },
        );
      });
      return answer.outputs.map((output, index) =>
        decodeBinaryTensor(
          { ...output, shape: output.shape.map(Number) },
          answer.rawOutputContents[index] ?? new Uint8Array(),
        ),
      );
    },
    close: () => {
      client.close();
    },
  };
}
