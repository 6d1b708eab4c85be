import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { childrenOf, isFirstOfHost } from './children-of.ts';
import type { FleetNamespaces } from './fleet-namespaces.ts';
import {
  COMMAND_ENVIRONMENT,
  runCommand,
  type CommandOptions,
  type CommandResult,
} from './run-command.ts';

/** SIGRTMIN+4 of glibc, for which systemd powers off in order. */
const POWER_OFF_IN_ORDER = 38;
/** Exit code of `systemd-nspawn --keep-unit` when the host reboots. */
const REBOOTED = 133;
const POLL_MS = 50;

/** Options of a boot. */
export interface BootOptions {
  /** Accepts failed units; default: false. */
  readonly acceptFailedUnits?: boolean;
  /** Time until systemd has started everything, in milliseconds; default: 60,000. */
  readonly timeoutMs?: number;
}

/** A Debian host with systemd as its first process. */
export class FleetHost {
  /** Name and host name: `h1`, `h2`, … */
  readonly name: string;
  /** IPv4 address in the network of the fleet. */
  readonly address: string;
  /** Public host key in the format of `known_hosts`: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  readonly #namespaces: FleetNamespaces;
  readonly #disk: string;
  #container: ChildProcess | undefined;
  #wanted = false;
  #firstPid: number | undefined;

  /** @internal */
  constructor(namespaces: FleetNamespaces, name: string, address: string) {
    const folder = `${namespaces.folder}/${name}`;
    this.name = name;
    this.address = address;
    this.hostKey = readFileSync(`${folder}/ssh_host_ed25519_key.pub`, 'utf8')
      .split(' ', 2)
      .join(' ');
    this.#namespaces = namespaces;
    this.#disk = `${folder}/root`;
  }

  /** `true` while the host is switched on, or starts. */
  get isOn(): boolean {
    return this.#container !== undefined;
  }

  /**
   * Switches the host on, and resolves once systemd has started everything.
   *
   * @throws Error with the failed units, or with the end of the console
   */
  async boot(options?: BootOptions): Promise<void> {
    if (this.isOn) throw new Error(`host ${this.name} is on already`);
    this.#wanted = true;
    this.#start();
    await this.untilRunning(options);
  }

  /** Restarts the host in order, and resolves once systemd has started everything. */
  async reboot(options?: BootOptions): Promise<void> {
    const before = this.#pid();
    await this.run(['systemctl', 'reboot', '--no-block']);
    await this.#poll(
      () => this.#firstPid !== undefined && this.#firstPid !== before,
      options?.timeoutMs,
    );
    await this.untilRunning(options);
  }

  /** Switches the host off at once, as a cut of its power would. */
  async powerOff(): Promise<void> {
    await this.#stop('SIGKILL', 30_000);
  }

  /** Shuts the host down in order: systemd stops every unit first. */
  async shutDown(timeoutMs = 120_000): Promise<void> {
    await this.#stop(POWER_OFF_IN_ORDER, timeoutMs);
  }

  /**
   * Runs a command as root on the running host.
   *
   * @throws Error when the host is off, or the exit code isn't 0
   */
  async run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return await runCommand(
      ['nsenter', '--target', String(this.#pid()), '--all', '--wdns=/', '--', ...argv],
      options,
    );
  }

  /** Reads a text file of the host; of its disk when it is off. */
  async readFile(path: string): Promise<string> {
    return (await this.#onDisk(['cat', '--', path])).stdout;
  }

  /** Replaces a file of the host, and creates its folder; on its disk when it is off. */
  async writeFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    const script = 'mkdir -p -- "$(dirname -- "$1")" && cat >"$1" && chmod "$2" -- "$1"';
    await this.#onDisk(['sh', '-c', script, 'sh', path, mode.toString(8)], { stdin: content });
  }

  /**
   * Gives the host user data of cloud-init, which otherwise doesn't run; before its first boot.
   *
   * @throws Error when the host is on
   */
  async setUserData(text: string): Promise<void> {
    if (this.isOn)
      throw new Error(`host ${this.name} is on; set its user data before its first boot`);
    const seed = '/var/lib/cloud/seed/nocloud';
    await this.writeFile(`${seed}/user-data`, text, 0o600);
    const { name } = this;
    await this.writeFile(`${seed}/meta-data`, `instance-id: ${name}\nlocal-hostname: ${name}\n`);
    // The host key is pinned: cloud-init must not replace it.
    await this.#onDisk([
      ...['sh', '-c'],
      'echo "ssh_deletekeys: false" >>/etc/cloud/cloud.cfg.d/99-fleet.cfg; rm -f /etc/cloud/cloud-init.disabled',
    ]);
  }

  /** Reads the journal of a unit, or all of it; also of a host that is off. */
  async journal(unit?: string): Promise<string> {
    if (this.#firstPid !== undefined) await this.run(['journalctl', '--sync'], { mayFail: true });
    const filter = unit === undefined ? [] : [`--unit=${unit}`];
    const folder = '--directory=/var/log/journal';
    const argv = ['journalctl', folder, '--no-pager', '--quiet', ...filter];
    return (await this.#namespaces.run(['chroot', this.#disk, ...argv])).stdout;
  }

  /** Resolves once systemd has started everything, as after a reboot that the host itself began. */
  async untilRunning({
    acceptFailedUnits = false,
    timeoutMs = 60_000,
  }: BootOptions = {}): Promise<void> {
    const argv = ['systemctl', 'is-system-running', '--wait'];
    let state = '';
    await this.#poll(async () => {
      if (this.#firstPid === undefined) return false;
      const options = { mayFail: true, timeoutMs };
      state = (await this.run(argv, options).catch(() => undefined))?.stdout.trim() ?? '';
      return state === 'running' || state === 'degraded';
    }, timeoutMs);
    if (state === 'running' || acceptFailedUnits) return;
    const failed = await this.run(['systemctl', '--failed', '--plain', '--no-legend']);
    throw new Error(`host ${this.name} has failed units:\n${failed.stdout}`);
  }

  #pid(): number {
    if (this.#firstPid === undefined) {
      throw new Error(`host ${this.name} is off; call boot() first`);
    }
    return this.#firstPid;
  }

  #onDisk(argv: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return this.#firstPid === undefined
      ? this.#namespaces.run(['chroot', this.#disk, ...argv], options)
      : this.run(argv, options);
  }

  #start(): void {
    const cgroups = this.#namespaces.cgroups.map((folder) => `${folder}/${this.name}`);
    const words =
      `systemd-nspawn --quiet --register=no --keep-unit --machine=${this.name} --directory=${this.#disk} ` +
      `--network-namespace-path=/run/netns/${this.name} --resolv-conf=off --timezone=off --console=pipe --boot`;
    // Without its own control group, nspawn would make one in the root of the hierarchy.
    const join = cgroups.map((folder) => `echo 0 >${folder}/cgroup.procs`).join(' && ');
    const [program, ...args] = this.#namespaces.enter(['bash', '-c', `${join} && exec ${words}`]);
    const log = openSync(this.#consolePath, 'a');
    const container = spawn(program, args, {
      detached: true,
      env: COMMAND_ENVIRONMENT,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    container.unref();
    this.#container = container;
    container.once('error', () => {
      this.#container = undefined;
    });
    container.once('exit', (code) => {
      this.#firstPid = undefined;
      this.#container = undefined;
      if (code === REBOOTED && this.#wanted) this.#start();
    });
    void this.#findFirstProcess(container);
  }

  async #findFirstProcess(container: ChildProcess): Promise<void> {
    while (this.#container === container) {
      // nsenter has started nspawn, and that the host's first process.
      const pid = childrenOf(container.pid ?? 0)
        .flatMap(childrenOf)
        .find(isFirstOfHost);
      if (pid !== undefined) {
        this.#firstPid = pid;
        return;
      }
      await sleep(POLL_MS / 2);
    }
  }

  async #stop(signal: NodeJS.Signals | number, timeoutMs: number): Promise<void> {
    const container = this.#container;
    if (container === undefined) return;
    const pid = this.#pid();
    this.#wanted = false;
    const ended = once(container, 'exit');
    process.kill(pid, signal);
    const timeout = AbortSignal.timeout(timeoutMs);
    const late = once(timeout, 'abort').then(() => {
      throw new Error(`host ${this.name} is still on after ${timeoutMs} ms${this.#consoleEnd()}`);
    });
    await Promise.race([ended, late]);
  }

  async #poll(check: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await check())) {
      if (performance.now() > deadline || (this.#wanted && !this.isOn)) {
        const state = this.isOn ? `isn't running after ${timeoutMs} ms` : 'has ended';
        throw new Error(`host ${this.name} ${state}${this.#consoleEnd()}`);
      }
      await sleep(POLL_MS);
    }
  }

  get #consolePath(): string {
    return `${this.#namespaces.folder}/${this.name}/console.log`;
  }

  #consoleEnd(): string {
    return `; the end of its console:\n${readFileSync(this.#consolePath, 'utf8').slice(-2_000)}`;
  }
}
