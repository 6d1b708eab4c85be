import { edgeProblems, type EdgeProblem } from './edge-problem.ts';
import {
  block,
  directive,
  variable,
  type NginxArgument,
  type NginxDirective,
} from './nginx-directive.ts';

const path = '/.fairlead/problem';

/** The body of a problem: RFC 9457, plus `error`, which is all that Open Inference clients read. */
function body({ status, code, title, detail }: EdgeProblem): NginxArgument {
  const problem = { type: 'about:blank', title, status, detail, error: detail, code };
  const text = JSON.stringify({ ...problem, requestId: '' });
  // The request id holds only characters that need no escape in JSON: see the map that makes it.
  return [text.slice(0, -'"}'.length), variable('fairlead_request_id'), '"}'];
}

/** Body and Retry-After of each problem by the status that is being answered; they stand in the http block. */
export function problemMaps(): NginxDirective[] {
  return [
    block(
      'map',
      [variable('status'), variable('fairlead_problem')],
      [
        ...edgeProblems.map((problem) => directive(String(problem.status), body(problem))),
        directive('default', ''),
      ],
    ),
    block(
      'map',
      [variable('status'), variable('fairlead_retry_after')],
      [
        ...edgeProblems.flatMap(({ status, retryAfterSeconds }) =>
          retryAfterSeconds === undefined ? [] : [directive(String(status), retryAfterSeconds)],
        ),
        // An empty header is not sent.
        directive('default', ''),
      ],
    ),
  ];
}

/**
 * Sends every error of Nginx's own to its problem; `headers` are those of the server.
 *
 * A plain location and not a named one: a request too broken to have a path cannot be sent to a named one.
 */
export function problemPages(headers: readonly NginxDirective[]): NginxDirective[] {
  return [
    directive('error_page', ...edgeProblems.map(({ status }) => status), path),
    ...edgeProblems.flatMap(({ status, internalStatuses = [] }) =>
      internalStatuses.length === 0
        ? []
        : [directive('error_page', ...internalStatuses, `=${status}`, path)],
    ),
    block(
      'location',
      ['=', path],
      [
        directive('internal'),
        directive('default_type', 'application/problem+json'),
        // One add_header in a location switches off those that it would inherit.
        ...headers,
        directive('add_header', 'Retry-After', variable('fairlead_retry_after'), 'always'),
        // The status stays that of the error.
        directive('return', 200, variable('fairlead_problem')),
      ],
    ),
  ];
}
