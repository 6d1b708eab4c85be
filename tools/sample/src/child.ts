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
  /** The signal that makes it finish what is in flight, and end. */
  readonly stopSignal: NodeJS.Signals;
  /** Where it writes its errors, when that isn't its output. */
  readonly errorLog?: string;
  /** Sockets that it is given, from descriptor 3 on; then it also says over a channel when it is ready. */
  readonly sockets?: readonly HeldSocket[];
}

const LAST_LINES = 15;

/** One running program, whose output goes to a log of its own. */
export class Child {
  readonly name: string;
  readonly logFile: string;
  readonly #process: ChildProcess;
  readonly #stopSignal: NodeJS.Signals;
  readonly #logStart: number;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  /** Resolves when it says that it is ready, which only a program with sockets does. */
  readonly ready: Promise<void>;
  #hasEnded = false;

  /** Starts the program; it is asked to end when this process dies, however that happens. */
  constructor(program: Program, logs: string) {
    const { name, command, environment, workingFolder, stopSignal, sockets } = program;
    const output = join(logs, `${name}.log`);
    this.name = name;
    this.logFile = program.errorLog ?? output;
    this.#stopSignal = stopSignal;
    const log = openSync(output, 'a', 0o600);
    closeSync(openSync(this.logFile, 'a', 0o600));
    this.#logStart = statSync(this.logFile).size;
    // A process group of its own, so that Ctrl-C reaches this process alone, which stops everything in order.
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
      this.#process.on('message', (said) => {
        if (said === 'ready') resolve();
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

  /** The last lines that it wrote since it was started. */
  lastLines(): string {
    const text = readFileSync(this.logFile).subarray(this.#logStart).toString();
    return text.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  }

  /** Asks it to end, and waits; after `timeoutMs` its whole group is killed. */
  async stop(timeoutMs: number): Promise<void> {
    if (!this.#hasEnded) this.#process.kill(this.#stopSignal);
    const timer = setTimeout(() => {
      this.#killGroup();
    }, timeoutMs);
    await this.ended;
    clearTimeout(timer);
    // Workers that a killed master left behind.
    this.#killGroup();
  }

  #killGroup(): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody is left in the group.
    }
  }
}
