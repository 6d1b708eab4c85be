import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HeldSocket } from './hold-socket.ts';

/** A program of the sample application. */
export interface Program {
  /** For messages and the name of its log. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingFolder: string;
  /** Signal of a graceful shutdown: requests in flight are completed first. */
  readonly stopSignal: NodeJS.Signals;
  /** File of its error log, if it isn't standard output. */
  readonly errorLog?: string;
  /** Sockets that it inherits as descriptors 3, 4, …; such a program also reports over an IPC channel when it is ready. */
  readonly sockets?: readonly HeldSocket[];
}

const LAST_LINES = 15;

/** A running program, whose output goes to a separate log. */
export class Child {
  readonly name: string;
  readonly logFile: string;
  readonly #process: ChildProcess;
  readonly #stopSignal: NodeJS.Signals;
  readonly #logStart: number;
  /** Resolves with the exit code or signal when the program has ended. */
  readonly ended: Promise<string>;
  /** Resolves when the program reports that it is ready; only programs with sockets do. */
  readonly ready: Promise<void>;
  #hasEnded = false;

  /** Starts the program; the kernel sends it SIGTERM when this process dies, even by SIGKILL. */
  constructor(program: Program, logs: string) {
    const { name, command, environment, workingFolder, stopSignal, sockets } = program;
    const output = join(logs, `${name}.log`);
    this.name = name;
    this.logFile = program.errorLog ?? output;
    this.#stopSignal = stopSignal;
    const log = openSync(output, 'a', 0o600);
    closeSync(openSync(this.logFile, 'a', 0o600));
    this.#logStart = statSync(this.logFile).size;
    // A separate process group, so that Ctrl-C reaches only this process, which stops everything in order.
    this.#process = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...command], {
      cwd: workingFolder,
      env: environment,
      stdio: [
        'ignore',
        log,
        log,
        ...(sockets ? [...sockets.map(({ fd }) => fd), 'ipc' as const] : []),
      ],
      detached: true,
    });
    closeSync(log);
    this.ready = new Promise((resolve) => {
      this.#process.on('message', (message) => {
        if (message === 'ready') resolve();
      });
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#hasEnded = true;
        resolve(how);
      };
      this.#process.on('error', (error) => {
        end(error.message);
      });
      this.#process.on('exit', (code, signal) => {
        end(signal ?? `exit code ${code ?? '?'}`);
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Last lines that the program logged since its start. */
  lastLines(): string {
    const text = readFileSync(this.logFile).subarray(this.#logStart).toString();
    return text.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  }

  /** Sends the stop signal and waits until the program has ended; after `timeoutMs` its whole process group is killed. */
  async stop(timeoutMs: number): Promise<void> {
    if (!this.#hasEnded) this.#process.kill(this.#stopSignal);
    const timer = setTimeout(() => {
      this.#killGroup();
    }, timeoutMs);
    await this.ended;
    clearTimeout(timer);
    // Workers of a killed master process.
    this.#killGroup();
  }

  #killGroup(): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The group has no process left.
    }
  }
}
