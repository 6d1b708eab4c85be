import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Signature } from '@fairlead/signature';
import type { Codec } from '../codec/codec.ts';
import type { DecodedRequest, Inferred, InferTarget } from '../inference/infer-request.ts';
import type { ModelServer } from '../model-server/model-server.ts';
import type { DescribedModel, Paths } from '../openapi-schema/operation.ts';
import type { HttpError } from './http-error.ts';

/** One request of a route that infers nothing: received whole, within the limits. */
export interface Call {
  readonly server: ModelServer;
  readonly req: IncomingMessage;
  /** Empty when the route reads none. */
  readonly body: Buffer;
}

/** A reply of a protocol. */
export interface Reply {
  /** @defaultValue 200 */
  readonly status?: number;
  readonly body: string | Uint8Array;
  /** @defaultValue `application/json` */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The steps of one request for inference: each has one input and one output. */
export interface InferenceExchange<D extends DecodedRequest = DecodedRequest> {
  /** True if {@link decode} reads the signature; else a request can be decoded before its model is ready. */
  readonly readsSignature: boolean;
  /** Offset of binary tensors in the body, in bytes, where it has them: they are decoded without a copy if they are aligned. */
  readonly binaryAt?: number | undefined;
  /**
   * Decodes a body on the event loop.
   *
   * @param ownsBody - true if nothing else has or needs the storage of the body, which tensors may share then
   * @throws ServingError `ERR_SERVING_BAD_REQUEST`; SignatureError naming a tensor.
   */
  decode(body: Buffer, signature: Signature, ownsBody?: boolean): D;
  /** Decodes a large body in another thread; undefined for a body that is small enough for {@link decode}. */
  decodeIn?(codec: Codec, body: Buffer, signature: Signature): Promise<D> | undefined;
  /**
   * Encodes the answer, a large one in another thread where there is a `codec`.
   *
   * @throws ServingError and SignatureError for outputs that the protocol can't express.
   */
  encode(inferred: Inferred<D>, codec: Codec | undefined): Reply | Promise<Reply>;
}

/** Properties that every route has. */
interface RouteBase {
  readonly methods: readonly string[];
  /** Media types of the body that it reads; without any, it reads no body. */
  readonly mediaTypes?: readonly string[];
  /** The largest body that it reads, in bytes, where that is less than what the server accepts. */
  readonly maxBodyBytes?: number;
}

/** A path that infers. */
export interface InferRoute extends RouteBase {
  /** The model that infers: when no version of it can answer, the request is rejected before its body is read. */
  readonly target: InferTarget;
  /**
   * Reads the headers of one request.
   *
   * @throws ServingError for headers that the protocol doesn't accept.
   */
  open(headers: IncomingHttpHeaders): InferenceExchange;
}

/** A path that reads about models, or changes which are served. */
export interface ActionRoute extends RouteBase {
  readonly target?: undefined;
  /** True if it changes what is served: methods other than `GET` and `HEAD` are for administrators. */
  readonly administers?: boolean;
  /** Answers one request; its errors are sent in the protocol's own shape. */
  answer(call: Call): Promise<Reply> | Reply;
}

/** A path of a protocol. */
export type Route = InferRoute | ActionRoute;

/** One wire protocol over HTTP, for all models of a server alike. */
export interface Protocol {
  /** For logs and settings. */
  readonly name: string;
  /** Every media type that a body of it may have. */
  readonly mediaTypes: readonly string[];
  /** Returns the route of `path` (no query); undefined when the protocol has no such path. */
  route(path: string): Route | undefined;
  /** Its paths in an OpenAPI document, for the models that are loaded; without it the document leaves them out. */
  describe?(models: readonly DescribedModel[]): Paths;
  /** Body of an error, in the protocol's own shape. */
  describeError(error: HttpError): string;
}
