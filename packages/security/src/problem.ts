import { STATUS_CODES } from 'node:http';
import { SecurityError } from './security-error.ts';

/** Description of a failure for the client, before it is formatted by RFC 9457. */
export interface ProblemDescription {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** Stable code for programs. */
  readonly code: string;
  /** One or two sentences for people: what happened and what to do. */
  readonly detail: string;
  /** Headers of the response. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Body of an error response: problem details (RFC 9457) and three extension members. */
export interface Problem {
  /** Always `about:blank`: `title` is the title of the status, and `code` is more specific (RFC 9457, 4.2.1). */
  readonly type: 'about:blank';
  /** Name of the status, such as `Too Many Requests`. */
  readonly title: string;
  /** HTTP status again, for a body that was forwarded without its headers. */
  readonly status: number;
  /** Description of the failure and the fix. */
  readonly detail: string;
  /** Stable code for programs. */
  readonly code: string;
  /** Id to quote in a report, if the request has one. */
  readonly requestId?: string;
  /** The detail again, where clients of the Open Inference Protocol read it. */
  readonly error: string;
}

/** Texts for errors of other libraries, whose own texts may contain paths, queries or secrets. */
const foreignDetail = new Map<number, string>([
  [400, 'The request could not be understood; check its syntax, headers and body.'],
  [404, 'Nothing was found here; check the path.'],
  [405, 'This method is not allowed here.'],
  [413, 'The body is larger than this service accepts.'],
  [415, 'The body has a media type or an encoding that this service does not read.'],
]);

/**
 * Describes a failure to a client.
 *
 * Only the message of a {@link SecurityError} is shown. Other errors with a 4xx status (`http-errors`, body
 * parsers) keep the status; everything else is a 500 that reveals nothing.
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
    detail:
      'The request failed because of an internal error. Quote the request id when you report it.',
  };
}

/** Formats a description by RFC 9457. */
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
