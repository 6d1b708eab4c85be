/** State of a job: waiting, running, or finished in one of three ways. */
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'canceled';

/** An accepted request, to be run asynchronously; it never changes. */
export interface JobRequest {
  /** 128 random bits in base64url: only clients that got it can name the job. */
  readonly id: string;
  /** Path of the request, which selects protocol, model and version. */
  readonly path: string;
  /** Headers that the protocol reads, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  /** Format of the stored body when it was decoded, such as `decoded-2`; absent for the body as sent. */
  readonly bodyFormat?: string;
  /** Client that owns the job; absent without authentication. */
  readonly owner?: string;
  /** Request id, which is forwarded to upstreams. */
  readonly requestId?: string;
  /** Key that the version is chosen by; absent for the owner, else the request id. */
  readonly routingKey?: string;
  /** URL that is called once the job has finished. */
  readonly webhookUrl?: string;
  /** Identity of the request, for repeated requests. */
  readonly idempotency?: Idempotency;
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number;
}

/** Hashes that identify a repeated request. */
export interface Idempotency {
  /** SHA-256 of owner and key, in hexadecimal digits. */
  readonly key: string;
  /** SHA-256 of path, headers, webhook and body, in hexadecimal digits. */
  readonly fingerprint: string;
}

/** Response to a job's request, as a synchronous request would have got it. */
export interface JobResponse {
  readonly status: number;
  /** Headers by their names in lower case, with the media type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Outcome of a finished job. */
export interface JobOutcome {
  readonly state: 'succeeded' | 'failed' | 'canceled';
  /** Number of runs. */
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly finishedAtMs: number;
  /** Model version that computed the response. */
  readonly version?: string;
  /** Reason of a failure. */
  readonly reason?: string;
  /** Absent for a canceled job, and for one that failed without a response. */
  readonly response?: JobResponse;
}

/** A job with its current state. */
export interface Job {
  readonly request: JobRequest;
  readonly state: JobState;
  /** Outcome without the response; present once the job has finished. */
  readonly outcome?: Omit<JobOutcome, 'response'>;
  /** End of its retention, in milliseconds since the epoch; present once the job has finished. */
  readonly expiresAtMs?: number;
}
