import type { IncomingHttpHeaders } from 'node:http';

/** Request of `node:http` or its like, such as a call of gRPC; spans belong to it. */
export interface TracedRequest {
  readonly headers: IncomingHttpHeaders;
}

/** Execution that answered a request, maybe with others; structurally the same as in `@fairlead/serving`. */
export interface TracedExecution {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Rows of all its requests. */
  readonly batchSize: number;
  /** Its requests. */
  readonly members: readonly TracedRequest[];
}

/** A request that a version answered or refused. Clock readings are of `performance.now()`. */
export interface TracedInference {
  readonly model: string;
  readonly version: string;
  readonly trace: TracedRequest;
  readonly outcome: 'success' | 'failure' | 'fallback';
  readonly reason: string | undefined;
  readonly rows: number;
  readonly startedAt: number;
  readonly decodedAt: number;
  readonly endedAt: number;
  readonly execution: TracedExecution | undefined;
  readonly cache: 'hit' | 'miss' | undefined;
}

/** Encoding of an answer. Clock readings are of `performance.now()`. */
export interface TracedEncoding {
  readonly trace: TracedRequest;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Makes spans of the times of requests; structurally the same as the interface of `@fairlead/serving`. */
export interface InferenceTracer {
  inferred(inference: TracedInference): void;
  encoded(encoding: TracedEncoding): void;
}
