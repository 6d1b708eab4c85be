import { EventEmitter } from 'node:events';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import type { ModelServer } from '@fairlead/serving';
import { inferenceService } from '@fairlead/serving/grpc';
import { DATATYPES } from './echo-models.ts';

type Handler = (
  call: unknown,
  callback: (error: ServiceError | null, value?: unknown) => void,
) => void;

/** The gRPC service without a connection: what decodes a message is all ours. */
export class GrpcTarget {
  readonly #handler: Handler;
  readonly #service: ReturnType<typeof inferenceService>;

  constructor(server: ModelServer) {
    this.#service = inferenceService(server);
    this.#handler = this.#service.implementation.ModelInfer as unknown as Handler;
  }

  /** Messages that are right. */
  corpus(): readonly Buffer[] {
    const serialize = this.#service.definition.ModelInfer?.requestSerialize;
    if (serialize === undefined) return [];
    const values: Readonly<Record<string, object>> = {
      BOOL: { boolContents: [true, false] },
      INT8: { intContents: [-1, 2] },
      INT64: { int64Contents: ['9223372036854775807', '-1'] },
      UINT8: { uintContents: [1, 2] },
      UINT64: { uint64Contents: ['18446744073709551615', '1'] },
      FP32: { fp32Contents: [1.5, 2] },
      FP64: { fp64Contents: [1.5, 2] },
      BYTES: { bytesContents: [Buffer.from('a'), Buffer.from('')] },
    };
    return DATATYPES.flatMap((datatype) => {
      const input = { name: 'x', datatype, shape: ['1', '2'] };
      const head = {
        modelName: datatype.toLowerCase(),
        id: 'a',
        parameters: { priority: { int64Param: '1' } },
      };
      const outputs = [{ name: 'x' }];
      const messages: object[] = [
        { ...head, inputs: [input], rawInputContents: [Buffer.alloc(8)], outputs },
      ];
      const contents = values[datatype];
      if (contents !== undefined) messages.push({ ...head, inputs: [{ ...input, contents }] });
      return messages.map((message) => serialize(message));
    });
  }

  /** Describes the problem of the answer to a message; undefined without one. */
  async ask(message: Buffer): Promise<string | undefined> {
    const call = Object.assign(new EventEmitter(), {
      request: message,
      metadata: new Metadata(),
      cancelled: false,
      getPeer: () => 'fuzz',
      getDeadline: () => Infinity,
      sendMetadata: () => undefined,
    });
    const error = await new Promise<ServiceError | null>((resolve) => {
      this.#handler(call, (failure, value) => {
        const serialize = this.#service.definition.ModelInfer?.responseSerialize;
        if (failure === null) serialize?.(value);
        resolve(failure);
      });
    });
    if (error === null || (error.code !== status.INTERNAL && error.code !== status.UNKNOWN))
      return undefined;
    return `gRPC status ${error.code}: ${error.details}`;
  }
}
