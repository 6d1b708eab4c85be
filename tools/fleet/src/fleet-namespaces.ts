import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

import { cgroupHierarchies } from './cgroup-hierarchies.ts';
import { childrenOf } from './children-of.ts';
import {
  COMMAND_ENVIRONMENT,
  runCommand,
  type CommandOptions,
  type CommandResult,
} from './run-command.ts';

const script = fileURLToPath(new URL('supervisor.sh', import.meta.url));

/**
 * Namespaces for mounts, network and processes, a folder and control groups of one fleet. They exist as long as this process, however
 * it ends.
 */
export class FleetNamespaces {
  /** Folder of the fleet, readable by root only. */
  readonly folder: string;
  /** Folders of the fleet's control groups, one in each hierarchy. */
  readonly cgroups: readonly string[];
  /** First process of the namespaces, as this machine numbers it. */
  readonly pid: number;
  readonly #supervisor: ChildProcess;

  private constructor(supervisor: ChildProcess, pid: number, name: string) {
    this.folder = `${tmpdir()}/${name}`;
    this.cgroups = cgroupHierarchies().map((hierarchy) => `${hierarchy}/${name}`);
    this.pid = pid;
    this.#supervisor = supervisor;
  }

  /** Removes what dead fleets left, and creates the namespaces. */
  static async open(): Promise<FleetNamespaces> {
    const name = `fairlead-fleet-${randomBytes(4).toString('hex')}`;
    // In another process group: Ctrl-C ends this process, and then the supervisor, which cleans up.
    const supervisor = spawn('bash', [script, tmpdir(), name, ...cgroupHierarchies()], {
      detached: true,
      env: COMMAND_ENVIRONMENT,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let errors = '';
    supervisor.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const ready = once(supervisor.stdout, 'data').then(() => true);
    const ended = once(supervisor, 'close').then(() => false);
    if (!(await Promise.race([ready, ended]))) {
      throw new Error(`the namespaces of a fleet can't be created:\n${errors}`);
    }
    const pid = childrenOf(supervisor.pid ?? 0).flatMap(childrenOf)[0];
    if (pid === undefined) throw new Error(`the namespaces of a fleet have ended:\n${errors}`);
    // The supervisor keeps no process alive that has finished its work.
    supervisor.unref();
    return new FleetNamespaces(supervisor, pid, name);
  }

  /** Returns the arguments that run a command inside. */
  enter(argv: readonly string[]): readonly [string, ...string[]] {
    return ['nsenter', '--target', String(this.pid), '-m', '-n', '-p', '-i', '-u', '--', ...argv];
  }

  /** Runs a command inside. */
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return runCommand(this.enter(argv), options);
  }

  /** Kills every process inside, and resolves once everything is removed. Does nothing the second time. */
  async close(): Promise<void> {
    if (this.#supervisor.exitCode !== null || this.#supervisor.signalCode !== null) return;
    this.#supervisor.ref();
    const ended = once(this.#supervisor, 'close');
    this.#supervisor.stdin?.end();
    await ended;
  }
}
