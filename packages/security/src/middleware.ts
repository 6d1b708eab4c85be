import type { IncomingMessage, ServerResponse } from 'node:http';

/** Hands the request to the next step, or an error to the next error handler. */
export type Next = (error?: unknown) => void;

/** A step in the shape of `node:http` and Express: it answers, hands on with `next()`, or refuses with `next(error)`. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => void;

/** A step that only runs after a failure; its four parameters are what tells it apart, as in Express. */
export type ErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
) => void;
