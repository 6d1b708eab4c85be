import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runImageBuild } from './run-image-build.ts';

const SUITE = 'bookworm';

/** Packages of every host: those of Debian's image on EC2 that a deployment meets. */
const BARE =
  'systemd,systemd-sysv,libpam-systemd,dbus,udev,iproute2,openssh-server,sudo,ca-certificates,curl,procps,logrotate,cloud-init';
/** Packages that a host has in addition after it was prepared. */
const PREPARED = 'nginx-light,python3-venv';
/** Packages that `apt-get install` of a host finds in addition. */
const OFFERED = 'nginx,unattended-upgrades,chrony,certbot';

const buildScript = fileURLToPath(new URL('build-image.sh', import.meta.url));
const installScript = fileURLToPath(new URL('install-debian.sh', import.meta.url));

/** Hosts as they are first booted on EC2 (`bare`), or with Nginx and Python's `venv` (`prepared`). */
export type ImageName = 'bare' | 'prepared';

/** Folders of an image, the uppermost first, as overlayfs takes them. */
export type ImageLayers = Readonly<Record<ImageName, readonly string[]>>;

/** Options of an image. */
export interface ImageOptions {
  /** Called with each line of progress; default: writes it on standard error. */
  readonly onProgress?: (line: string) => void;
  /** Folder of the images; default: `fairlead/fleet` in the user's cache, so that every clone of the repository uses them. */
  readonly folder?: string;
  /** Script that fills the image, as `install-debian.sh`, which is the default. */
  readonly script?: string;
}

/**
 * Builds the image unless it is cached; the key is the list of packages and the scripts. A build that is killed leaves no image, two
 * builders take turns, and a build removes images that no fleet has used for a day.
 *
 * @throws Error with the end of the output when the build fails
 */
export async function ensureImage({
  onProgress = (line) => void process.stderr.write(`fleet image: ${line}\n`),
  folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'fairlead/fleet'),
  script = installScript,
}: ImageOptions = {}): Promise<ImageLayers> {
  const packages = [SUITE, BARE, PREPARED, OFFERED];
  const hash = createHash('sha256').update(JSON.stringify(packages));
  for (const file of [buildScript, script]) hash.update(readFileSync(file));
  const image = join(folder, hash.digest('hex').slice(0, 16));
  if (!existsSync(image)) {
    mkdirSync(folder, { recursive: true });
    await runImageBuild(
      join(folder, 'lock'),
      [buildScript, image, script, ...packages],
      onProgress,
    );
  }
  const now = new Date();
  utimesSync(image, now, now);
  return { bare: [`${image}/bare`], prepared: [`${image}/prepared`, `${image}/bare`] };
}
