import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelServer } from '../model-server/model-server.ts';
import type { Protocol, Reply } from '../protocol/protocol.ts';
import { mountPrefix } from '../protocol/mount-prefix.ts';
import { toHttpError } from '../protocol/http-error.ts';
import { sendError, sendReply } from '../protocol/respond.ts';
import { isServerFault, NotAuthorized } from './job-errors.ts';
import type { JobQueue, StoredJob } from './job-queue.ts';

/** Options of {@link JobResponder}. */
export interface JobResponderOptions {
  readonly server: Pick<ModelServer, 'draining'>;
  readonly queue: Pick<JobQueue, 'describe'>;
  /** Path of the jobs. */
  readonly path: string;
  readonly onError: (error: unknown, req: IncomingMessage) => void;
}

const NO_STORE = { 'cache-control': 'no-store' };

/** Sends the responses of a job handler. */
export class JobResponder {
  readonly #options: JobResponderOptions;

  constructor(options: JobResponderOptions) {
    this.#options = options;
  }

  /** Path of a job, as the client of `req` reaches it. */
  pathOf(job: StoredJob, req: IncomingMessage): string {
    return `${mountPrefix(req)}${this.#options.path}/${job.request.id}`;
  }

  /** Sends the description of a job. */
  sendJob(res: ServerResponse, status: number, job: StoredJob): void {
    const url = this.pathOf(job, res.req);
    const links = { url, result_url: `${url}/result` };
    const body = JSON.stringify({ ...this.#options.queue.describe(job), ...links });
    this.send(res, { status, body });
  }

  /** Sends a response that must not be cached. */
  send(res: ServerResponse, reply: Reply): void {
    sendReply(res, { ...reply, headers: { ...NO_STORE, ...reply.headers } }, this.#options.server);
  }

  /** Sends status 204. */
  sendNothing(res: ServerResponse): void {
    res.statusCode = 204;
    res.setHeader('cache-control', 'no-store');
    res.end();
  }

  /** Sends an error in the shape of a protocol. */
  sendError(res: ServerResponse, error: unknown, protocol: Protocol): void {
    const { server, onError } = this.#options;
    sendError(res, error, {
      protocol,
      draining: server.draining,
      headers: NO_STORE,
      describe: (cause) =>
        cause instanceof NotAuthorized
          ? { status: 403, message: cause.message }
          : toHttpError(cause),
      isFault: isServerFault,
      onError,
    });
  }
}
