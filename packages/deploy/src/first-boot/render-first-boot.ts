import { bootstrapScript } from '../agent/bootstrap-script.ts';
import { awsDomain } from '../aws-domain.ts';
import { checkOptions, invalidOption } from '../check-options.ts';
import type { BootRelease } from './boot-release.ts';
import {
  checkFirstBootOptions,
  checkParameter,
  checkSource,
  type BootSignal,
  type FirstBootOptions,
  type ReleaseInS3,
  type ReleaseOfParameter,
} from './first-boot-options.ts';
import { firstBootProgram } from './first-boot-program.ts';

/** Limit of EC2 for user data. */
const MAX_BYTES = 16_384;
const FOLDER = '/var/lib/fairlead-deploy/first-boot';

/** First boot with a release that the user data names by its digest. */
export interface FirstBootOfRelease extends FirstBootOptions {
  /** Release of `readBootRelease`. */
  readonly release: BootRelease;
  /** Where hosts download the archive: an address, or an object of S3. */
  readonly source: string | ReleaseInS3;
}

/** First boot with the release that the fleet runs at that moment. */
export interface FirstBootOfParameter extends FirstBootOptions {
  readonly release?: undefined;
  /** Parameter with the digest of the release, and bucket of the archives. */
  readonly source: ReleaseOfParameter;
  /** Debian packages that are installed first; with an empty list, `apt` isn't called at all. */
  readonly packages: readonly string[];
}

/** Both kinds, for the check of their names. */
interface OptionalRelease extends FirstBootOptions {
  readonly release?: BootRelease | undefined;
  readonly source: unknown;
}

/**
 * Returns the user data that `renderUserData` returns, for a release that was read before, or for the one whose digest a parameter of AWS Systems Manager has when the
 * host boots.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { renderFirstBoot } from '@fairlead/deploy';
 *
 * const source = { parameter: '/shop/release', bucket: 'acme-deploy', region: 'eu-central-1' };
 * const userData = renderFirstBoot({ source, packages: ['nginx'] });
 * console.log(userData.slice(0, 13)); // #cloud-config
 * ```
 */
export function renderFirstBoot(options: FirstBootOfRelease | FirstBootOfParameter): string {
  checkOptions<OptionalRelease>('renderFirstBoot', options, {
    release: 'optional',
    source: 'required',
    packages: 'optional',
    agents: 'optional',
    trustedKeys: 'optional',
    signal: 'optional',
  });
  checkFirstBootOptions(options);
  const { signal, trustedKeys, agents = [] } = options;
  const packages = options.packages ?? options.release?.packages ?? [];
  const keysPath = `${FOLDER}/trusted-keys.pem`;
  const signals = [signal ?? []].flat();
  const settings = {
    ...releaseSettings(options),
    bootstrap: bootstrapScript,
    ...(agents.length > 0 && { agents }),
    ...(trustedKeys !== undefined && { trustedKeys: keysPath }),
    ...(signals.length > 0 && { signals: signals.map(signalTarget) }),
  };
  const files = {
    [`${FOLDER}/first_boot.py`]: firstBootProgram,
    [`${FOLDER}/settings.json`]: JSON.stringify(settings),
    ...(trustedKeys !== undefined && { [keysPath]: trustedKeys }),
  };
  const content = {
    package_update: packages.length > 0,
    packages,
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

function releaseSettings(options: FirstBootOfRelease | FirstBootOfParameter): object {
  if (options.release === undefined) {
    checkParameter(options.source);
    const { parameter, bucket, prefix = '', region, endpoint } = options.source;
    const folder = objectAddress({ bucket, key: prefix, region, ...(endpoint && { endpoint }) });
    const ssm = endpoint ?? `https://ssm.${region}.${awsDomain(region)}/`;
    return { source: { parameter, ssm, region, folder } };
  }
  const { source, release } = options;
  checkSource(source);
  const { digest, parts } = release;
  return {
    ...{ digest, parts },
    source:
      typeof source === 'string'
        ? { url: source }
        : { region: source.region, object: objectAddress(source) },
  };
}

function objectAddress({ bucket, key, region, endpoint }: ReleaseInS3): string {
  const path = key.split('/').map(encodeKeyPart).join('/');
  const base = endpoint ?? `https://${bucket}.s3.${region}.${awsDomain(region)}`;
  const folder = endpoint === undefined ? '' : `/${bucket}`;
  return `${base.replace(/\/$/, '')}${folder}/${path}`;
}

function signalTarget(signal: BootSignal): object {
  if ('url' in signal) return { url: signal.url };
  const { group, lifecycleHook, region } = signal;
  const endpoint = signal.endpoint ?? `https://autoscaling.${region}.${awsDomain(region)}/`;
  return { group, lifecycleHook, region, endpoint };
}

/** Encodes as signatures of S3 require it: everything but letters, digits and `-._~`. */
function encodeKeyPart(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
