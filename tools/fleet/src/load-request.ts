/** A request that is sent again and again, and its expected answer. */
export interface LoadRequest {
  /** Path with a leading slash. */
  readonly path: string;
  /** Method; default: `POST`. */
  readonly method?: 'GET' | 'POST';
  /** Body, sent as JSON; default: none. */
  readonly body?: unknown;
  /** Further headers, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Members that the JSON answer must have; numbers may differ by 1e-5 of their size. Default: status 200 is enough. */
  readonly expected?: unknown;
}

/** Plan of a load, as the sending process reads it. */
export interface LoadPlan {
  /** URL of the balancer or of a host. */
  readonly url: string;
  /** Requests per second, which are sent at constant intervals, however long the answers take. */
  readonly rate: number;
  /** Requests, sent in turn. */
  readonly requests: readonly LoadRequest[];
  /** Time after which a request without an answer has failed, in milliseconds; default: 30,000. */
  readonly timeoutMs?: number;
}

/** A request that failed. */
export interface LoadFailure {
  /** Intended time of sending, in ISO 8601. */
  readonly at: string;
  /** Milliseconds from the intended time of sending to the failure. */
  readonly ms: number;
  /** Status of the answer, if there was one. */
  readonly status?: number;
  /** Error of the connection, or the reason why the answer is wrong. */
  readonly error?: string;
  /** Host that answered, by the balancer's header `x-fleet-host`. */
  readonly host?: string;
  /** Beginning of the answer. */
  readonly body?: string;
}

/** Result of a load. */
export interface LoadResult {
  readonly sent: number;
  readonly failed: number;
  /** The first 1,000 failures. */
  readonly failures: readonly LoadFailure[];
  /** Latencies of all requests in milliseconds, from the intended time of sending. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Answers by host, from the balancer's header `x-fleet-host`. */
  readonly byHost: Readonly<Record<string, number>>;
}
