import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServingError } from '../errors/serving-error.ts';
import { authorized, notFound, stored, visible } from './job-errors.ts';
import type { ResolvedJobHandlerOptions } from './job-handler-options.ts';
import type { StoredJob } from './job-queue.ts';
import type { JobResponder } from './job-responder.ts';

const READ = ['GET', 'HEAD'];
/** Delay after which a client reads a job that hasn't finished again. */
export const POLL_SECONDS = 1;

/** Resource of a job and its result, below the path of the jobs. */
export class JobResource {
  readonly #options: ResolvedJobHandlerOptions;
  readonly #responder: JobResponder;

  constructor(options: ResolvedJobHandlerOptions, responder: JobResponder) {
    this.#options = options;
    this.#responder = responder;
  }

  /**
   * Answers a request for `rest`, the path below that of the jobs.
   *
   * @throws ServingError for a job that doesn't exist, isn't visible or has no result, and for another method.
   * @throws NotAuthorized with the error of `authorize`.
   */
  async answer(rest: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { queue, path, owner, authorize } = this.#options;
    const [, id = '', result] = /^\/([^/]+)(\/result)?$/.exec(rest) ?? [];
    const allowed = result === undefined ? [...READ, 'DELETE'] : READ;
    const { method = '' } = req;
    if (id === '') {
      throw new ServingError('ERR_SERVING_PATH_NOT_FOUND', `name a job: ${path}/<id>`);
    }
    if (!allowed.includes(method)) {
      res.setHeader('allow', allowed.join(', '));
      const message = `use ${allowed.join(' or ')} for this path, not ${method}`;
      throw new ServingError('ERR_SERVING_METHOD_NOT_ALLOWED', message);
    }
    const job = visible(await stored(queue.get(id)), owner(req), id);
    // The scope may have been revoked since the job was created.
    authorized(authorize, req, job.request.model);
    if (result !== undefined) await this.#sendResult(job, res);
    else if (method === 'DELETE') await this.#delete(job, res);
    else this.#responder.sendJob(res, 200, job);
  }

  /** Cancels a job that waits or runs, and deletes a finished job. */
  async #delete(job: StoredJob, res: ServerResponse): Promise<void> {
    const { queue } = this.#options;
    const { id } = job.request;
    const known = job.outcome === undefined ? await stored(queue.cancel(id)) : job;
    if (known?.state === 'canceled') {
      this.#responder.sendJob(res, 200, known);
      return;
    }
    if (!(await stored(queue.remove(id)))) throw notFound(id);
    this.#responder.sendNothing(res);
  }

  async #sendResult({ request: { id }, state }: StoredJob, res: ServerResponse): Promise<void> {
    const outcome = await stored(this.#options.queue.outcome(id));
    if (outcome === undefined) {
      res.setHeader('retry-after', POLL_SECONDS);
      const message = `job ${id} is ${state}; retry later`;
      throw new ServingError('ERR_SERVING_JOB_NOT_FINISHED', message);
    }
    if (outcome.state === 'canceled') {
      throw new ServingError('ERR_SERVING_JOB_CANCELED', `job ${id} was canceled`);
    }
    const { response, reason = 'no response' } = outcome;
    if (response === undefined) {
      throw new ServingError('ERR_SERVING_JOB_FAILED', `job ${id} failed: ${reason}`);
    }
    const { status, body, headers } = response;
    this.#responder.send(res, { status, body, headers });
  }
}
