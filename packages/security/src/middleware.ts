import type { IncomingMessage, ServerResponse } from 'node:http';

/** Passes the request to the next step, or an error to the next error handler. */
export type Next = (error?: unknown) => void;

/** Middleware of `node:http` and Express: it responds, continues with `next()`, or refuses with `next(error)`. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => void;

/** Middleware that runs only after a failure; it is recognized by its four parameters, as in Express. */
export type ErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
) => void;
