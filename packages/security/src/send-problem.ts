import type { IncomingMessage, ServerResponse } from 'node:http';
import { discardRest, isDiscarding } from './discard-rest.ts';
import { toProblem, type ProblemDescription } from './problem.ts';
import { getRequestId } from './request-id.ts';

/** Headers of the original response, which is not sent. */
const representationHeaders = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Location',
  'Content-Range',
  'ETag',
  'Last-Modified',
  'Trailer',
  'Transfer-Encoding',
];

/** Unread bytes up to this number are cheaper to read (Node does) than a new connection. */
const keepAliveRestBytes = 65_536;

/**
 * Responds with a problem as `application/problem+json`.
 *
 * If much of the body is outstanding, or the connection isn't keep-alive, the connection is closed, but only after the client could
 * read the response. Does nothing if the response has started or the client has disconnected.
 */
export function sendProblem(
  req: IncomingMessage,
  res: ServerResponse,
  description: ProblemDescription,
): void {
  if (res.headersSent || res.writableEnded || res.destroyed) return;
  const body = Buffer.from(JSON.stringify(toProblem(description, getRequestId(req))));
  for (const name of representationHeaders) res.removeHeader(name);
  for (const [name, value] of Object.entries(description.headers ?? {})) res.setHeader(name, value);
  res.statusCode = description.status;
  res.setHeader('Content-Type', 'application/problem+json');
  res.setHeader('Content-Length', body.byteLength);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  if (!mayLoseAnswer(req, res)) {
    res.end(body);
    return;
  }
  res.setHeader('Connection', 'close');
  // The whole response is sent now; only its end, on which Node closes the connection, waits for the rest of the body.
  res.write(body);
  void discardRest(req, res).then(() => res.end());
}

/** Returns whether the response might be lost, or a long body be read, if Node closed the connection. */
function mayLoseAnswer(req: IncomingMessage, res: ServerResponse): boolean {
  if (isDiscarding(req)) return true;
  if (req.complete) return false;
  if (req.headers['transfer-encoding'] !== undefined) return true;
  // Node closes a connection that isn't keep-alive right after the response, even if bytes are outstanding.
  const readableBytes = res.shouldKeepAlive ? keepAliveRestBytes : 0;
  return Number(req.headers['content-length'] ?? 0) > readableBytes;
}
