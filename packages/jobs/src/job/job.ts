/** Where a job is: it waits, it runs, or it has ended in one of three ways. */
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'canceled';

/** A request for inference that is answered later, as it was accepted; it never changes. */
export interface JobOrder {
  /** 128 random bits in base64url: who knows it was told. */
  readonly id: string;
  /** Path of the request, which says the protocol, the model and perhaps the version. */
  readonly path: string;
  /** Those headers of the request that its protocol reads, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  /** How the body is stored: `decoded-1`, or what another release writes; absent when it is as it was sent. */
  readonly bodyFormat?: string;
  /** Who may see it; absent when nobody had to say who they are. */
  readonly owner?: string;
  /** Passed on to upstreams. */
  readonly requestId?: string;
  /** Who is told once it has ended. */
  readonly webhookUrl?: string;
  /** Under which a repeated request finds it. */
  readonly idempotency?: Idempotency;
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number;
}

/** What makes two requests the same one. */
export interface Idempotency {
  /** SHA-256 of owner and key, in hexadecimal digits. */
  readonly key: string;
  /** SHA-256 of everything that was asked, in hexadecimal digits. */
  readonly fingerprint: string;
}

/** An answer as the client would have got it at once. */
export interface JobResponse {
  readonly status: number;
  /** By their names in lower case, the media type among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** How a job ended. */
export interface JobOutcome {
  readonly state: 'succeeded' | 'failed' | 'canceled';
  /** How often it was run. */
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly finishedAtMs: number;
  /** The version that answered. */
  readonly version?: string;
  /** Why there is no answer. */
  readonly reason?: string;
  /** Absent when it was canceled, or given up without an answer. */
  readonly response?: JobResponse;
}

/** A job as it stands. */
export interface Job {
  readonly order: JobOrder;
  readonly state: JobState;
  /** Once it has ended, without the answer's body. */
  readonly outcome?: Omit<JobOutcome, 'response'>;
  /** When it is forgotten, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
}
