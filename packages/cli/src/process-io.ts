import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Streams, environment, clock and account of a process, as the command reads and writes them. */
export interface ProcessIo {
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Receives data. */
  readonly stdout: OutputStream;
  /** Receives everything else: progress, prompts, errors. */
  readonly stderr: OutputStream;
  /** Returns the current time. */
  readonly now: () => Date;
  /** Name of the account that runs the command. */
  readonly userName: () => string;
  /**
   * Handles SIGINT and SIGTERM from now on, for commands that run until stopped: the first aborts the returned signal, the
   * second ends the process. Without `stopSignal`, or before it is called, the first ends the process.
   */
  readonly stopSignal?: () => AbortSignal;
}
