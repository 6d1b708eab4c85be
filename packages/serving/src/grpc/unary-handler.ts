import { status, type handleUnaryCall, type ServerUnaryCall } from '@grpc/grpc-js';
import { toGrpcError } from './grpc-error.ts';

/** Creates a handler of a function whose promise is the answer; `onEnd` gets the status of gRPC. */
export function unaryHandler<Request, Response>(
  answer: (call: ServerUnaryCall<Request, Response>) => Promise<Response>,
  onError: (error: unknown) => void,
  onEnd: (call: ServerUnaryCall<Request, Response>, code: status) => void = () => undefined,
): handleUnaryCall<Request, Response> {
  return function unary(call, callback) {
    answer(call).then(
      (response) => {
        callback(null, response);
        onEnd(call, status.OK);
      },
      (error: unknown) => {
        const described = toGrpcError(error);
        if (described.code === status.INTERNAL) onError(error);
        callback(described);
        onEnd(call, described.code);
      },
    );
  };
}
