import type { Carrier, CarrierResult, Departure } from '../../src/index.ts';

/** A host in the memory of a test: its agent records which release runs. */
export class SimulatedHost {
  readonly name: string;
  /** Releases, the latest first. */
  history: string[];
  /** Commands of the agent, such as `activate`. */
  readonly commands: string[] = [];
  isReachable = true;
  /** Outcome of the check while the host is watched. */
  isHealthy = true;
  /** Called before a command of the agent runs. */
  onCommand: (command: string) => void = () => undefined;
  /** Release that its agent reports after a change, in place of the one that runs. */
  reports: string | undefined;
  /** Content of the lock file; `undefined` if there is none. */
  lock: string | undefined;
  /** Why it has left its fleet. */
  departure: Departure | undefined;

  constructor(name: string, history: readonly string[]) {
    this.name = name;
    this.history = [...history];
  }

  get current(): string | undefined {
    return this.history[0];
  }

  get carrier(): Carrier {
    return {
      host: this.name,
      run: (argv, { onLine } = {}) => {
        const result = this.#run(argv);
        if (result.stdout !== '')
          result.stdout
            .trimEnd()
            .split('\n')
            .forEach((line) => onLine?.(line));
        return Promise.resolve(result);
      },
      close: () => Promise.resolve(),
    };
  }

  #run(argv: readonly string[]): CarrierResult {
    const [, , script = ''] = argv;
    const args = script.includes('exec "$parts/$node/bin/node"')
      ? argv.slice(7)
      : script.includes('agent/agent.mjs" "$@"')
        ? argv.slice(4)
        : undefined;
    const [command = ''] = args ?? [];
    if (args !== undefined) {
      this.onCommand(command);
      this.commands.push(command);
    }
    if (!this.isReachable) return { code: 255, stdout: '', stderr: 'no route' };
    if (args === undefined) return this.#changeLock(script, argv[4] ?? '');
    return { code: 0, stdout: `${JSON.stringify({ result: this.#agent(args) })}\n`, stderr: '' };
  }

  /** Runs a script of the lock; other scripts do nothing. */
  #changeLock(script: string, content: string): CarrierResult {
    const isOther = this.lock !== undefined && this.lock !== content;
    const done = { code: 0, stdout: '', stderr: '' };
    if (script.includes('mv "$lock.new" "$lock"')) {
      if (isOther) return { ...done, code: 75, stdout: `${this.lock ?? ''}\n5\n` };
      this.lock = content;
    } else if (script.includes('touch "$lock"')) {
      if (this.lock !== content) return { ...done, code: 76 };
    } else if (script.includes('rm "$lock"') && !isOther) this.lock = undefined;
    return done;
  }

  #agent([command = '', digest = '']: readonly string[]): object {
    if (command === 'status') return { current: this.current, history: this.history, units: {} };
    if (command === 'prepare') return { outcome: 'prepared', digest };
    if (command === 'check') {
      return { outcome: this.isHealthy ? 'healthy' : 'failed', message: 'not ready' };
    }
    if (command === 'rollback') {
      const [, previous = ''] = this.history;
      const target = digest === '' ? previous : digest;
      this.history = [target, ...this.history.slice(1).filter((each) => each !== target)];
      return { outcome: 'activated', digest: this.reports ?? this.current };
    }
    this.history = [digest, ...this.history.filter((each) => each !== digest)];
    return { outcome: 'activated', digest: this.reports ?? digest };
  }
}
