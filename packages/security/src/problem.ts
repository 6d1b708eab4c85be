import { STATUS_CODES } from 'node:http';
import { SecurityError } from './security-error.ts';

/** What is said to a client about a failure, before it is put into the format of RFC 9457. */
export interface ProblemDescription {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** Stable code for programs. */
  readonly code: string;
  /** One or two sentences for people: what happened and what to do. */
  readonly detail: string;
  /** Headers that belong to the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The body of a failure: problem details (RFC 9457) and three extension members. */
export interface Problem {
  /** Always `about:blank`: `title` is that of the status and `code` is the finer distinction (RFC 9457, 4.2.1). */
  readonly type: 'about:blank';
  /** The name of the status, such as `Too Many Requests`. */
  readonly title: string;
  /** The HTTP status again, for a body that was passed on without its head. */
  readonly status: number;
  /** What happened and what to do. */
  readonly detail: string;
  /** Stable code for programs. */
  readonly code: string;
  /** The id to quote in a report, if the request has one. */
  readonly requestId?: string;
  /** The detail again, where clients of the Open Inference Protocol look for it. */
  readonly error: string;
}

/** Texts for failures that other libraries raise: theirs may hold paths, queries or secrets. */
const foreignDetail = new Map<number, string>([
  [400, 'The request could not be understood; check its syntax, headers and body.'],
  [404, 'Nothing was found here; check the path.'],
  [405, 'This method is not allowed here.'],
  [413, 'The body is larger than this service accepts.'],
  [415, 'The body has a media type or an encoding that this service does not read.'],
]);

/**
 * Decides what a client may know about a failure.
 *
 * Only a {@link SecurityError}'s own words are shown. Of other errors that carry a 4xx status (`http-errors`, body
 * parsers) the status is kept; everything else is a 500 that gives nothing away.
 */
export function describeFailure(error: unknown): ProblemDescription {
  if (error instanceof SecurityError && error.expose) {
    return {
      status: error.status,
      code: error.code,
      detail: error.message,
      headers: error.headers,
    };
  }
  const status = clientErrorStatus(error);
  if (status !== undefined) {
    return {
      status,
      code: 'ERR_SECURITY_REQUEST_REFUSED',
      detail: foreignDetail.get(status) ?? 'The request was refused.',
    };
  }
  return {
    status: 500,
    code: 'ERR_SECURITY_INTERNAL',
    detail: 'The request failed for a reason on our side. Quote the request id when you report it.',
  };
}

/** Puts a description into the format of RFC 9457. */
export function toProblem(
  { status, code, detail }: ProblemDescription,
  requestId?: string,
): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(requestId === undefined ? {} : { requestId }),
    error: detail,
  };
}

function clientErrorStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const status =
    'status' in error ? error.status : 'statusCode' in error ? error.statusCode : undefined;
  const isClientError =
    typeof status === 'number' && Number.isInteger(status) && status >= 400 && status < 500;
  return isClientError ? status : undefined;
}
