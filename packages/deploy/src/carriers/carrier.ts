import type { Readable } from 'node:stream';

/** Output of a command on a host. */
export interface CarrierResult {
  /** Exit code; 255 when the host can't be reached. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of a command on a host. */
export interface CarrierRunOptions {
  /** Standard input; default: empty. */
  readonly stdin?: Readable | string;
  /** Ends the command after this time, in milliseconds; default: 600,000. */
  readonly timeoutMs?: number;
  /** Called with each line of standard output, as soon as it is written. */
  readonly onLine?: (line: string) => void;
}

/** Way to a host: runs commands as root there. */
export interface Carrier {
  /** Name of the host in messages. */
  readonly host: string;
  /** Runs a program with arguments, which no shell interprets. Resolves for every exit code. */
  run(argv: readonly [string, ...string[]], options?: CarrierRunOptions): Promise<CarrierResult>;
  /** Ends the connection. */
  close(): Promise<void>;
}
