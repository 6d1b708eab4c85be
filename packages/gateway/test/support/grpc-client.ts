import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { onTestFinished } from 'vitest';

const proto = (file: string) =>
  loadSync(fileURLToPath(new URL(`../../../serving/proto/${file}`, import.meta.url)), {
    defaults: true,
    enums: String,
  });
const services: Record<string, object | undefined> = {
  ...proto('open-inference.proto'),
  ...proto('health.proto'),
};

interface Method {
  readonly path: string;
  readonly requestSerialize: (message: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Record<string, unknown>;
}

/** Returns a function that calls a method of the gRPC server at `address` by its name; the connection is closed when the test ends. */
export function grpcClient(address: string) {
  const client = new Client(address, credentials.createInsecure());
  onTestFinished(() => {
    client.close();
  });
  return (
    name: string,
    message: object,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const service = name === 'Check' ? 'grpc.health.v1.Health' : 'inference.GRPCInferenceService';
      const methods = services[service] as Readonly<Record<string, Method>> | undefined;
      const method = methods?.[name];
      if (method === undefined) throw new Error(name);
      const sent = new Metadata();
      for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        message,
        sent,
        (error, answer) => {
          if (error === null && answer !== undefined) resolve(answer);
          else reject(error ?? new Error('no answer'));
        },
      );
    });
}
