import { agentCommand } from '../agent/agent-command.ts';
import { bootstrapScript } from '../agent/bootstrap-script.ts';
import { invalidOption } from '../check-options.ts';
import { requiredPackages } from '../hosts/required-packages.ts';
import { readRelease } from '../release/read-release.ts';
import type { ReleaseManifest } from '../release/release-manifest.ts';
import {
  checkUserDataOptions,
  type ReleaseInS3,
  type SignalByUrl,
  type SignalToAutoScaling,
  type UserDataOptions,
} from './first-boot-options.ts';
import { firstBootProgram } from './first-boot-program.ts';

/** Limit of EC2 for user data. */
const MAX_BYTES = 16_384;
const FOLDER = '/var/lib/fairlead-deploy/first-boot';

/**
 * Returns user data of cloud-init that puts a release on a host at its first boot: for instances of an Auto Scaling group or a launch
 * template. The host installs Debian packages, downloads the release, checks its digest, activates it behind its gate, and signals the
 * end; after a failure with the last lines of the log, `/var/log/fairlead-first-boot.log`. User data can be read by every program on the
 * instance, so it has no secrets.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_RELEASE_DAMAGED`
 *
 * @example
 * ```ts
 * import { renderUserData } from '@fairlead/deploy';
 *
 * const source = { bucket: 'acme-deploy', key: 'release.tar', region: 'eu-central-1' };
 * const rendering = renderUserData({ release: 'package.json', source });
 * console.log(await rendering.catch((error) => error.code)); // ERR_DEPLOY_RELEASE_DAMAGED
 * ```
 */
export async function renderUserData(options: UserDataOptions): Promise<string> {
  checkUserDataOptions(options);
  const { manifest, digest } = await readRelease(options.release);
  const { source, signal, trustedKeys } = options;
  const keysPath = `${FOLDER}/trusted-keys.pem`;
  // The program adds the path of the archive and the arguments of the agent.
  const parts = agentCommand(manifest, '', []).slice(-2);
  const settings = {
    ...{ digest, parts, bootstrap: bootstrapScript },
    source: typeof source === 'string' ? { url: source } : sourceInS3(source),
    ...(trustedKeys !== undefined && { trustedKeys: keysPath }),
    ...(signal !== undefined && { signal: signalTarget(signal) }),
  };
  const files = {
    [`${FOLDER}/first_boot.py`]: firstBootProgram,
    [`${FOLDER}/settings.json`]: JSON.stringify(settings),
    ...(trustedKeys !== undefined && { [keysPath]: trustedKeys }),
  };
  const content = {
    package_update: true,
    packages: options.packages ?? packagesOf(manifest),
    write_files: Object.entries(files).map(([path, text]) => ({
      ...{ path, permissions: '0600', content: text },
    })),
    runcmd: [['python3', `${FOLDER}/first_boot.py`, `${FOLDER}/settings.json`]],
  };
  // JSON is YAML whose strings every parser reads alike.
  const userData = `#cloud-config\n${JSON.stringify(content)}\n`;
  const bytes = Buffer.byteLength(userData);
  if (bytes <= MAX_BYTES) return userData;
  throw invalidOption(
    `The user data has ${bytes} bytes, and EC2 accepts ${MAX_BYTES}: give fewer trustedKeys or packages.`,
  );
}

function packagesOf({ python, hostFiles, certificate }: ReleaseManifest): readonly string[] {
  return requiredPackages({
    hasAcme: certificate?.acme !== undefined,
    hasPython: python !== undefined,
    hasAutomaticUpdates: hostFiles.some(({ path }) => path.startsWith('/etc/apt/apt.conf.d/')),
  });
}

function sourceInS3({ bucket, key, region, endpoint }: ReleaseInS3): object {
  const path = key.split('/').map(encodeKeyPart).join('/');
  const base = endpoint ?? `https://${bucket}.s3.${region}.${domainOf(region)}`;
  const folder = endpoint === undefined ? '' : `/${bucket}`;
  return { region, object: `${base.replace(/\/$/, '')}${folder}/${path}` };
}

function signalTarget(signal: SignalByUrl | SignalToAutoScaling): object {
  if ('url' in signal) return { url: signal.url };
  const { group, lifecycleHook, region } = signal;
  const endpoint = signal.endpoint ?? `https://autoscaling.${region}.${domainOf(region)}/`;
  return { group, lifecycleHook, region, endpoint };
}

function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

/** Encodes as signatures of S3 require it: everything but letters, digits and `-._~`. */
function encodeKeyPart(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
