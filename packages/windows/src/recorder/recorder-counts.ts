import type { WindowLosses } from '../window/window.ts';

/** Numbers of a `WindowRecorder` since it was created. */
export interface RecorderCounts {
  /** Requests that were counted. */
  readonly requests: number;
  /** Windows that the store has accepted, or has left in its spool folder. */
  readonly stored: number;
  /** Windows that have ended and weren't accepted yet. */
  readonly waiting: number;
  /** Requests and windows that no store will have. */
  readonly lost: WindowLosses;
}
