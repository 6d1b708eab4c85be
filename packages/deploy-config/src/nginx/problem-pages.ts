import { nginxProblems, type NginxProblem } from './nginx-problem.ts';
import {
  block,
  directive,
  variable,
  type NginxArgument,
  type NginxDirective,
} from './nginx-directive.ts';

const path = '/.fairlead/problem';

/** Body of a problem: RFC 9457, plus `error`, which Open Inference clients read. */
function body({ status, code, title, detail }: NginxProblem): NginxArgument {
  const problem = { type: 'about:blank', title, status, detail, error: detail, code };
  const text = JSON.stringify({ ...problem, requestId: '' });
  // The request id has only characters that need no escape in JSON: see its map.
  return [text.slice(0, -'"}'.length), variable('fairlead_request_id'), '"}'];
}

/** Returns the maps from the status to the body and Retry-After of each problem, for the http block. */
export function problemMaps(): NginxDirective[] {
  return [
    block(
      'map',
      [variable('status'), variable('fairlead_problem')],
      [
        ...nginxProblems.map((problem) => directive(String(problem.status), body(problem))),
        directive('default', ''),
      ],
    ),
    block(
      'map',
      [variable('status'), variable('fairlead_retry_after')],
      [
        ...nginxProblems.flatMap(({ status, retryAfterSeconds }) =>
          retryAfterSeconds === undefined ? [] : [directive(String(status), retryAfterSeconds)],
        ),
        // An empty header is not sent.
        directive('default', ''),
      ],
    ),
  ];
}

/**
 * Maps every error of Nginx to its problem; `headers` are those of the server.
 *
 * The location isn't a named one: a request too malformed to have a path cannot be sent to a named location.
 */
export function problemPages(headers: readonly NginxDirective[]): NginxDirective[] {
  return [
    directive('error_page', ...nginxProblems.map(({ status }) => status), path),
    ...nginxProblems.flatMap(({ status, internalStatuses = [] }) =>
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
        // An add_header in a location turns off the inherited ones.
        ...headers,
        directive('add_header', 'Retry-After', variable('fairlead_retry_after'), 'always'),
        // The status stays that of the error.
        directive('return', 200, variable('fairlead_problem')),
      ],
    ),
  ];
}
