/** Error response of Nginx, before or instead of the gateway. */
export interface NginxProblem {
  /** HTTP status of the response. */
  readonly status: number;
  /** Internal statuses of Nginx that are sent with this status. */
  readonly internalStatuses?: readonly number[];
  /** Stable identifier, explained in the list of error codes. */
  readonly code: string;
  /** Reason phrase (RFC 9110), as RFC 9457 requires for `about:blank`. */
  readonly title: string;
  /** Description for people; also sent as `error`. */
  readonly detail: string;
  /** Value of `Retry-After`, in seconds. */
  readonly retryAfterSeconds?: number;
}

/** Error responses of the rendered Nginx, with the stable codes for clients. */
export const nginxProblems: readonly NginxProblem[] = [
  {
    status: 400,
    // An unexpected client certificate, and plain HTTP to a TLS port.
    internalStatuses: [495, 496, 497],
    code: 'ERR_EDGE_BAD_REQUEST',
    title: 'Bad Request',
    detail: 'The request is not valid HTTP, or speaks plain HTTP to a TLS port.',
  },
  {
    status: 404,
    code: 'ERR_EDGE_NOT_FOUND',
    title: 'Not Found',
    detail: 'Nothing is served at this address.',
  },
  {
    status: 405,
    code: 'ERR_EDGE_METHOD_NOT_ALLOWED',
    title: 'Method Not Allowed',
    detail: 'This method is not allowed here.',
  },
  {
    status: 408,
    code: 'ERR_EDGE_REQUEST_TIMEOUT',
    title: 'Request Timeout',
    detail: 'The request did not arrive in time.',
  },
  {
    status: 411,
    code: 'ERR_EDGE_LENGTH_REQUIRED',
    title: 'Length Required',
    detail: 'The request needs a Content-Length header.',
  },
  {
    status: 413,
    code: 'ERR_EDGE_CONTENT_TOO_LARGE',
    title: 'Content Too Large',
    detail: 'The request body is larger than this service accepts.',
  },
  {
    status: 414,
    code: 'ERR_EDGE_URI_TOO_LONG',
    title: 'URI Too Long',
    detail: 'The address of the request is too long.',
  },
  {
    status: 421,
    // A health check by another host name, from outside of the trusted proxies.
    internalStatuses: [403],
    code: 'ERR_EDGE_MISDIRECTED_REQUEST',
    title: 'Misdirected Request',
    detail: 'This server does not answer for the host name of the request.',
  },
  {
    status: 429,
    code: 'ERR_EDGE_TOO_MANY_REQUESTS',
    title: 'Too Many Requests',
    detail: 'Too many requests or connections from this address; slow down and try again.',
    retryAfterSeconds: 1,
  },
  {
    status: 431,
    internalStatuses: [494],
    code: 'ERR_EDGE_HEADERS_TOO_LARGE',
    title: 'Request Header Fields Too Large',
    detail: 'The request headers or cookies are too large.',
  },
  {
    status: 500,
    code: 'ERR_EDGE_INTERNAL',
    title: 'Internal Server Error',
    detail: 'The web server failed; its error log says why.',
  },
  {
    status: 501,
    code: 'ERR_EDGE_NOT_IMPLEMENTED',
    title: 'Not Implemented',
    detail: 'The request uses a transfer encoding that is not supported.',
  },
  {
    status: 502,
    code: 'ERR_EDGE_BAD_GATEWAY',
    title: 'Bad Gateway',
    detail: 'The service behind the web server is not answering; it may be starting.',
    retryAfterSeconds: 1,
  },
  {
    status: 503,
    code: 'ERR_EDGE_UNAVAILABLE',
    title: 'Service Unavailable',
    detail: 'The service is not available at the moment; try again.',
    retryAfterSeconds: 1,
  },
  {
    status: 504,
    code: 'ERR_EDGE_GATEWAY_TIMEOUT',
    title: 'Gateway Timeout',
    detail: 'The service did not answer in time.',
  },
  {
    status: 505,
    code: 'ERR_EDGE_HTTP_VERSION',
    title: 'HTTP Version Not Supported',
    detail: 'The request uses a version of HTTP that is not supported.',
  },
];
