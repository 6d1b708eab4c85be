import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Everything outside of the command that it reads or writes; the process has one, and tests can have another. */
export interface ProcessIo {
  /** The environment's variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** For data. */
  readonly stdout: OutputStream;
  /** For everything else: progress, questions, errors. */
  readonly stderr: OutputStream;
  /** Says what time it is. */
  readonly clock: () => Date;
  /** Name of the account that runs the command. */
  readonly userName: () => string;
  /**
   * Begins to take the words to end, such as SIGTERM, for what goes on until then; the signal is aborted at the first, and
   * the second ends the process. Without it, or before it is called, the first does.
   */
  readonly stopSignal?: () => AbortSignal;
}
