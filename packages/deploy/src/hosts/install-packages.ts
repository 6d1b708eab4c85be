import type { Deployment } from '@fairlead/deploy-config';

import type { Carrier } from '../carriers/carrier.ts';
import { checkOptions } from '../check-options.ts';
import { deploymentPackages } from './required-packages.ts';
import { describeFailure, hostProblem, runOnHost } from './run-on-host.ts';

/** Options of {@link installPackages}. */
export interface InstallPackagesOptions {
  /** Deployment whose release the host will run. */
  readonly deployment: Pick<Deployment, 'flask' | 'host' | 'nginx'>;
  /** Only finds the packages. @defaultValue `false` */
  readonly dryRun?: boolean | undefined;
  /** Called with each line of `apt-get`. @defaultValue not called */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Packages of a host. */
export interface HostPackages {
  /** Packages that the release needs. */
  readonly required: readonly string[];
  /** Packages that the host didn't have; they are installed now, unless it was a dry run. */
  readonly missing: readonly string[];
}

/** Time for downloads and installation, in milliseconds. */
const TIMEOUT_MS = 1_800_000;

/**
 * Installs without a question, keeps edited configuration files, and waits for another apt: that of cloud-init and of
 * unattended-upgrades run at the first boot.
 */
const SCRIPT = `set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
apt-get -q -o DPkg::Lock::Timeout=300 update
exec apt-get -qy -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \\
  --no-install-recommends install -- "$@"
`;

/**
 * Installs the Debian packages that a release needs on a host: Nginx, certbot for certificates of an ACME authority, `venv` for a Python service, and automatic security
 * updates. Does nothing the second time.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when the host can't be reached, isn't Debian, or with the last lines of `apt-get`
 *
 * @example
 * ```ts
 * import { installPackages } from '@fairlead/deploy';
 * import { sshCarrier } from '@fairlead/deploy/ssh';
 * import { defineDeployment } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
 *   gateway: { command: ['/usr/bin/node', 'main.js'], service: { user: 'fairlead' } },
 * });
 * const carrier = await sshCarrier({ url: 'ssh://admin@127.0.0.1:1' });
 * const installing = installPackages(carrier, { deployment, dryRun: true });
 * console.log(await installing.catch((error) => error.code)); // ERR_DEPLOY_HOST
 * await carrier.close();
 * ```
 */
export async function installPackages(
  carrier: Carrier,
  options: InstallPackagesOptions,
): Promise<HostPackages> {
  checkOptions('installPackages', options, {
    deployment: 'required',
    dryRun: 'optional',
    onLine: 'optional',
  });
  const { deployment, dryRun = false, onLine } = options;
  const required = deploymentPackages(deployment);
  const missing = await findMissing(carrier, required);
  if (missing.length === 0 || dryRun) return { required, missing };
  const lines: string[] = [];
  const result = await carrier.run(['sh', '-c', SCRIPT, 'sh', ...missing], {
    timeoutMs: TIMEOUT_MS,
    onLine: (line) => {
      lines.push(line);
      onLine?.(line);
    },
  });
  if (result.code !== 0) {
    const log = [...lines.slice(-5), describeFailure(result)].join('\n');
    throw hostProblem(carrier, `apt-get can't install ${missing.join(', ')}: ${log}`);
  }
  return { required, missing };
}

async function findMissing(
  carrier: Carrier,
  packages: readonly string[],
): Promise<readonly string[]> {
  // dpkg-query ends with 1 if one of the packages is unknown.
  const script = `command -v apt-get >/dev/null || exit 69
LC_ALL=C dpkg-query -W -f='\${Package} \${db:Status-Status}\\n' -- "$@" 2>/dev/null || :`;
  const result = await carrier.run(['sh', '-c', script, 'sh', ...packages]);
  if (result.code === 69) {
    throw hostProblem(
      carrier,
      `has no apt-get; install ${packages.join(', ')} yourself, or use a host with Debian`,
    );
  }
  if (result.code !== 0) throw hostProblem(carrier, describeFailure(result));
  const installed = new Set(result.stdout.split('\n'));
  return packages.filter((name) => !installed.has(`${name} installed`));
}

/**
 * Reads the version of Nginx on a host, such as `1.22.1`; `undefined` without Nginx.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when the host can't be reached
 *
 * @example
 * ```ts
 * import { readNginxVersion } from '@fairlead/deploy';
 * import { localCarrier } from '@fairlead/deploy/local';
 *
 * const version = await readNginxVersion(localCarrier());
 * console.log(version === undefined || /^\d+\.\d+\.\d+$/.test(version)); // true
 * ```
 */
export async function readNginxVersion(carrier: Carrier): Promise<string | undefined> {
  const script = 'PATH=$PATH:/usr/sbin; nginx -v 2>&1 || :';
  const { stdout } = await runOnHost(carrier, ['sh', '-c', script]);
  return /nginx\/(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
}
