/** A request to be run later. */
export interface NewJob {
  /** Path of the request: it decides protocol, model and version. */
  readonly path: string;
  /** Headers that the protocol reads, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  /** Bytes to store. */
  readonly body: Uint8Array;
  /** Body as the client sent it, by which repeated requests are compared; `body` without it. */
  readonly sentBody?: Uint8Array;
  /** Format of `body`, when it was decoded; absent for the body as sent. */
  readonly bodyFormat?: string;
  readonly owner?: string;
  readonly requestId?: string;
  /** Key that the version is chosen by. */
  readonly routingKey?: string;
  readonly webhookUrl?: string;
  readonly idempotencyKey?: string;
}

/** A stored request, with what running it needs. */
export type StoredRequest = Pick<
  NewJob,
  'path' | 'headers' | 'owner' | 'bodyFormat' | 'requestId' | 'routingKey'
>;

/** A stored job. */
export interface StoredJob {
  readonly request: { readonly id: string; readonly model: string; readonly owner?: string };
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'canceled';
  /** Present once the job has finished. */
  readonly outcome?: object;
}

/** Response to a job's request, as a synchronous request would have got it. */
export interface JobResponse {
  readonly status: number;
  /** Headers by their names in lower case, with the media type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Result of a finished job. */
export interface JobResult {
  readonly state: 'succeeded' | 'failed' | 'canceled';
  /** Reason of a missing response. */
  readonly reason?: string;
  readonly response?: JobResponse;
}

/**
 * Durable queue that a job handler uses; the queues of `@fairlead/jobs` fit.
 *
 * Errors with the codes `ERR_JOBS_FULL`, `ERR_JOBS_OWNER_LIMIT`, `ERR_JOBS_TOO_LARGE` and `ERR_JOBS_IDEMPOTENCY_MISMATCH`
 * are reported to the client; every other error as a failure of the storage.
 */
export interface JobQueue {
  /** Rejects a job that would exceed a limit, before its body is read. */
  requireRoom(job: Pick<NewJob, 'owner' | 'model' | 'webhookUrl'>): Promise<void>;
  /** Stores a job durably; a repeated idempotency key resolves to the job that it created. */
  enqueue(job: NewJob): Promise<StoredJob>;
  /** Reads a job; undefined when no job has this id. */
  get(id: string): Promise<StoredJob | undefined>;
  /** Describes a job for clients, as JSON. */
  describe(job: StoredJob): object;
  /** Result of a job; undefined before it has finished. */
  outcome(id: string): Promise<JobResult | undefined>;
  /** Cancels a job unless it has finished; resolves to the job after that. */
  cancel(id: string): Promise<StoredJob | undefined>;
  /** Deletes a finished job; false when there is none. */
  remove(id: string): Promise<boolean>;
}
