/** Subject of a notice. */
export type NoticeKind =
  'certificate' | 'drift' | 'errors' | 'load-failed' | 'performance' | 'rollout';

/** `began` and `ended` are sent once, `continues` at most hourly; `test` is sent on request. */
export type NoticeStatus = 'began' | 'continues' | 'ended' | 'test';

/** Identity of a condition: reports with the same kind, model and name are one condition. */
export interface NoticeSubject {
  readonly kind: NoticeKind;
  /** Model; absent for a condition of the service. */
  readonly model?: string | undefined;
  /** Distinguishes conditions of one kind and model, such as the code of an error. */
  readonly name?: string | undefined;
}

/** A condition that people have to know about. It must contain no value of a request and no secret. */
export interface NoticeCondition extends NoticeSubject {
  /** One sentence. */
  readonly summary: string;
  /** @defaultValue `'error'` */
  readonly severity?: 'error' | 'warning';
  /** Further facts by their names, such as the version or a request id. */
  readonly details?: Readonly<Record<string, string | number>>;
  /**
   * The condition ends by itself after this time without a report, in milliseconds; without it, `resolve` ends the condition.
   */
  readonly endsAfterMs?: number;
}

/** A message about a condition, as destinations receive it. */
export interface Notice {
  /** Stays the same when a delivery is repeated. */
  readonly id: string;
  readonly status: NoticeStatus;
  readonly kind: NoticeKind | 'test';
  /** Identity of the condition. */
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly model?: string;
  readonly details: Readonly<Record<string, string | number>>;
  /** Service that sends the notice. */
  readonly service: string;
  /** Host that sends the notice. */
  readonly host: string;
  /** Reports since the notice before this one. */
  readonly count: number;
  /** Reports since the condition began. */
  readonly total: number;
  /** Time of the first report, in milliseconds since the epoch. */
  readonly firstSeenMs: number;
  /** Time of the last report, in milliseconds since the epoch. */
  readonly lastSeenMs: number;
  /** Time of the notice, in milliseconds since the epoch. */
  readonly atMs: number;
}

/** Receives notices, such as a webhook. */
export interface NoticeDestination {
  /** Name in logs and results, without secrets. */
  readonly name: string;
  /**
   * Sends a notice once. Rejects with `MonitoringError` `ERR_MONITORING_NOTICE_REJECTED` when a repetition would fail as well; each other
   * error is retried. Only the message of a `MonitoringError` is reported, because other messages may contain the URL.
   */
  send(notice: Notice, signal: AbortSignal): Promise<void>;
  /** Closes connections. */
  close?(): Promise<void>;
}
