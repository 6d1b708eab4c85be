import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { ensureImage, type ImageName } from './fleet-image.ts';
import { FleetHost } from './fleet-host.ts';
import { FleetNamespaces } from './fleet-namespaces.ts';
import { findMachineProblems } from './machine-problems.ts';
import { runCommand, type CommandOptions, type CommandResult } from './run-command.ts';

const script = fileURLToPath(new URL('create-host.sh', import.meta.url));

/** Options of a fleet. */
export interface FleetOptions {
  /** Number of hosts, 1 to 99; default: 1. */
  readonly hosts?: number;
  /** `bare` for hosts as Debian's image on EC2, `prepared` (default) with Nginx and Python's `venv` too. */
  readonly image?: ImageName;
  /** User data of cloud-init for every host, as {@link FleetHost.setUserData} gives it to one; default: none, and cloud-init doesn't run. */
  readonly userData?: string;
  /** Switches every host on; default: true. */
  readonly boot?: boolean;
}

/** Hosts in a separate network, which end with the process that started them. */
export interface Fleet extends AsyncDisposable {
  readonly hosts: readonly FleetHost[];
  /**
   * Returns the host with a name, such as `h1`.
   *
   * @throws Error when there is none
   */
  host(name: string): FleetHost;
  /** Configuration of `ssh` for all hosts, with their keys: `ssh -F <path> h1` from anywhere on this machine. */
  readonly sshConfig: string;
  /** Private key of the account `admin`, which may call `sudo`, on every host. */
  readonly clientKey: string;
  /** File with the host keys of all hosts. */
  readonly knownHosts: string;
  readonly namespaces: FleetNamespaces;
  /** Runs a command of this machine in the network of the fleet, as `curl` of a host's address. */
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Runs `ssh` with the fleet's configuration: `ssh(['h1', 'sudo id'])`. */
  ssh(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Kills all hosts, and removes everything of the fleet. */
  close(): Promise<void>;
}

/**
 * Starts a fleet: builds the image on first use, and boots the hosts in parallel.
 *
 * @throws Error with everything that this machine lacks, or when a host doesn't boot
 */
export async function startFleet({
  hosts: count = 1,
  image = 'prepared',
  userData,
  boot = true,
}: FleetOptions = {}): Promise<Fleet> {
  if (!Number.isInteger(count) || count < 1 || count > 99) {
    throw new Error(`hosts is ${count}; give a whole number from 1 to 99`);
  }
  const problems = findMachineProblems();
  if (problems.length > 0) {
    throw new Error(`this machine can't boot a fleet:\n- ${problems.join('\n- ')}`);
  }
  const layers = (await ensureImage())[image].join(':');
  const namespaces = await FleetNamespaces.open();
  try {
    const { folder, cgroups } = namespaces;
    const clientKey = await createKey(`${folder}/client_key`);
    const names = Array.from({ length: count }, (_, index) => `h${index + 1}`);
    const hosts = await Promise.all(
      names.map(async (name, index) => {
        const address = `10.77.1.${index + 1}`;
        mkdirSync(`${folder}/${name}`);
        await createKey(`${folder}/${name}/ssh_host_ed25519_key`);
        await namespaces.run(['bash', script, folder, name, address, layers, ...cgroups]);
        const host = new FleetHost(namespaces, name, address);
        if (userData !== undefined) await host.setUserData(userData);
        return host;
      }),
    );
    const knownHosts = `${folder}/known_hosts`;
    writeFileSync(
      knownHosts,
      hosts.map(({ name, address, hostKey }) => `${name},${address} ${hostKey}\n`).join(''),
    );
    const sshConfig = `${folder}/ssh_config`;
    writeFileSync(sshConfig, renderSshConfig(namespaces.pid, { clientKey, knownHosts, hosts }));
    if (boot) await Promise.all(hosts.map((host) => host.boot()));
    const close = (): Promise<void> => namespaces.close();
    return {
      hosts,
      host(name) {
        const found = hosts.find((host) => host.name === name);
        if (found === undefined) {
          throw new Error(`no host ${name}; the fleet has ${names.join(', ')}`);
        }
        return found;
      },
      sshConfig,
      clientKey,
      knownHosts,
      namespaces,
      run: (argv, options) => namespaces.run(argv, options),
      ssh: (argv, options) => runCommand(['ssh', '-F', sshConfig, ...argv], options),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await namespaces.close();
    throw error;
  }
}

async function createKey(path: string): Promise<string> {
  await runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'fleet', '-f', path]);
  return path;
}

function renderSshConfig(
  pid: number,
  { hosts, clientKey, knownHosts }: Pick<Fleet, 'hosts' | 'clientKey' | 'knownHosts'>,
): string {
  // The hosts' network is reached through the fleet's namespace only. The reader ends with the writer, and the other way round.
  const connect = `nsenter --target ${pid} --net bash -c 'trap : HUP; exec 3<>/dev/tcp/%h/%p; cat <&3 & exec >&-; cat >&3; kill $!'`;
  return hosts
    .map(({ name, address }) =>
      [
        `Host ${name} ${address}`,
        `HostName ${address}`,
        'User admin',
        `IdentityFile ${clientKey}`,
        'IdentitiesOnly yes',
        `UserKnownHostsFile ${knownHosts}`,
        'StrictHostKeyChecking yes',
        'BatchMode yes',
        `ProxyCommand ${connect}\n`,
      ].join('\n  '),
    )
    .join('\n');
}
