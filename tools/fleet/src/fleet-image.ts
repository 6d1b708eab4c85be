import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { COMMAND_ENVIRONMENT } from './run-command.ts';

const SUITE = 'bookworm';

/** Packages of every host: those of Debian's image on EC2 that a deployment meets. */
const BARE =
  'systemd,systemd-sysv,libpam-systemd,dbus,udev,iproute2,openssh-server,sudo,ca-certificates,curl,procps,logrotate,cloud-init';
/** Packages that a host has in addition after it was prepared. */
const PREPARED = 'nginx-light,python3-venv';
/** Packages that `apt-get install` of a host finds in addition. */
const OFFERED = 'nginx,unattended-upgrades,chrony';

const script = fileURLToPath(new URL('build-image.sh', import.meta.url));
const cache = fileURLToPath(new URL('../../../.fairlead/fleet/', import.meta.url));

/** Hosts as they are first booted on EC2 (`bare`), or with Nginx and Python's `venv` (`prepared`). */
export type ImageName = 'bare' | 'prepared';

/** Returns the folders of an image, the uppermost first, as overlayfs takes them. */
export type ImageLayers = Readonly<Record<ImageName, readonly string[]>>;

/**
 * Builds the image unless it is cached in `.fairlead/fleet`; the key is the list of packages and the script. A build that is
 * killed leaves no image, and two builders take turns.
 *
 * @param say called with each line of progress
 * @throws Error with the end of the output when the build fails
 */
export async function ensureImage(
  say: (line: string) => void = (line) => void process.stderr.write(`fleet image: ${line}\n`),
  folder = cache,
): Promise<ImageLayers> {
  const packages = [SUITE, BARE, PREPARED, OFFERED];
  const hash = createHash('sha256').update(JSON.stringify(packages)).update(readFileSync(script));
  const image = `${folder.replace(/\/$/, '')}/${hash.digest('hex').slice(0, 16)}`;
  if (!existsSync(image)) {
    mkdirSync(folder, { recursive: true });
    await build(`${folder}/lock`, [image, ...packages], say);
  }
  return { bare: [`${image}/bare`], prepared: [`${image}/prepared`, `${image}/bare`] };
}

async function build(
  lock: string,
  args: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  // The chain ends with this process: `setpriv` kills `unshare`, and that all processes and mounts in its namespaces.
  const words =
    'setpriv --pdeathsig KILL flock --no-fork LOCK nice unshare --mount --pid --fork --kill-child --mount-proc bash';
  const [program = '', ...prefix] = words.split(' ').map((word) => (word === 'LOCK' ? lock : word));
  const child = spawn(program, [...prefix, script, ...args], {
    env: COMMAND_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000);
  });
  createInterface(child.stdout).on('line', say);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the image of the hosts can't be built:\n${errors}`);
}
