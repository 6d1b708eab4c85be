import { createPublicKey } from 'node:crypto';

import { describeValue } from '@fairlead/signature';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';

/** Archive of a release in S3, which hosts read by the role of their instance. */
export interface ReleaseInS3 {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
  /** Address of S3, such as that of a VPC endpoint. @defaultValue that of the bucket in the region */
  readonly endpoint?: string;
}

/**
 * Release that the fleet runs: a parameter in SSM has its digest, and S3 the archive as `<prefix><digest>.tar`; hosts read both by the role of
 * their instance.
 */
export interface ReleaseOfParameter {
  /** Name of the parameter, such as `/shop/release`. */
  readonly parameter: string;
  readonly bucket: string;
  /** Begin of the keys of archives. @defaultValue none */
  readonly prefix?: string;
  readonly region: string;
  /** Address of S3 and SSM. @defaultValue those of the region */
  readonly endpoint?: string;
}

/** Debian package of a program that isn't in Debian, such as the agent of AWS Systems Manager; its service has the same name. */
export interface HostAgent {
  readonly name: string;
  /** Where hosts download the package: by HTTPS, without a redirect to HTTP, or by HTTP with `sha256`, because the package is installed as root. */
  readonly url: string;
  /** SHA-256 of the package, in 64 hexadecimal digits; another package isn't installed. @defaultValue the address decides */
  readonly sha256?: string;
}

/** Address that gets the result by PUT, as `{ Status: "SUCCESS" | "FAILURE", Reason, UniqueId, Data }`: that of a CloudFormation wait condition. */
export interface SignalByUrl {
  readonly url: string;
}

/** Lifecycle hook of an Auto Scaling group: `CONTINUE` after success, `ABANDON` after a failure. */
export interface SignalToAutoScaling {
  readonly group: string;
  readonly lifecycleHook: string;
  readonly region: string;
  /** Address of EC2 Auto Scaling. @defaultValue that of the region */
  readonly endpoint?: string;
}

/** Receiver of the result of a first boot. */
export type BootSignal = SignalByUrl | SignalToAutoScaling;

/** Options of `renderUserData` and `renderFirstBoot` other than the release. */
export interface FirstBootOptions {
  /** Debian packages that are installed first; with an empty list, `apt` isn't called at all. @defaultValue `nginx`, and `certbot`, `python3-venv` and `unattended-upgrades` if the release needs them */
  readonly packages?: readonly string[];
  /** Programs that are installed before the release unless the image has them, and restarted after it. @defaultValue none */
  readonly agents?: readonly HostAgent[];
  /** Public keys (PEM) of which one must have signed the release. @defaultValue the digest alone is checked */
  readonly trustedKeys?: string | undefined;
  /** Receivers of the result, beside the log and the console. @defaultValue none */
  readonly signal?: BootSignal | readonly BootSignal[] | undefined;
}

/** Options of `renderUserData`. */
export interface UserDataOptions extends FirstBootOptions {
  /** Path of the release on this machine; its digest is written into the user data. */
  readonly release: string;
  /** Where hosts download the archive: an address, or an object of S3. */
  readonly source: string | ReleaseInS3;
}

/** Rejects wrong options. */
export function checkUserDataOptions(options: UserDataOptions): void {
  checkOptions('renderUserData', options, {
    release: 'required',
    source: 'required',
    packages: 'optional',
    agents: 'optional',
    trustedKeys: 'optional',
    signal: 'optional',
  });
  checkText('release', 'the path of a release', options.release);
  checkSource(options.source);
  checkFirstBootOptions(options);
}

/** Rejects a wrong source of a release. */
export function checkSource(source: string | ReleaseInS3): void {
  if (typeof source === 'string') checkUrl('source', source);
  else checkPlace('source', source, ['bucket', 'key', 'region']);
}

/** Rejects a wrong source of the release that the fleet runs. */
export function checkParameter(source: ReleaseOfParameter): void {
  checkOptions('source', source, {
    parameter: 'required',
    bucket: 'required',
    prefix: 'optional',
    region: 'required',
    endpoint: 'optional',
  });
  checkPlace('source', source, ['parameter', 'bucket', 'region']);
}

/** Rejects wrong options of a first boot. */
export function checkFirstBootOptions(options: FirstBootOptions): void {
  const { packages = [], agents = [], trustedKeys, signal } = options;
  for (const name of packages) checkPackage('packages', name);
  for (const agent of agents) checkAgent(agent);
  if (trustedKeys !== undefined) checkKey(trustedKeys);
  for (const each of [signal ?? []].flat()) {
    if ('url' in each) checkUrl('signal.url', each.url);
    else checkPlace('signal', each, ['group', 'lifecycleHook', 'region']);
  }
}

function checkPackage(option: string, name: unknown): void {
  if (typeof name === 'string' && /^[a-z0-9][a-z0-9+.-]+$/.test(name)) return;
  throw invalidOption(
    `Option ${option} has ${describeValue(name)}: expected names of Debian packages.`,
  );
}

function checkAgent({ name, url, sha256 }: HostAgent): void {
  checkPackage('agents', name);
  checkUrl(`agents.${name}`, url);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256)) {
    throw invalidOption(
      `Option agents.${name}.sha256 is ${describeValue(sha256)}: expected 64 hexadecimal digits in lower case.`,
    );
  }
  if (sha256 !== undefined || url.startsWith('https:')) return;
  throw invalidOption(
    `Option agents.${name} is ${describeValue(url)}: the package is installed as root, so that anyone between could run programs there. Use https, or give sha256.`,
  );
}

function checkPlace<T extends object>(
  option: string,
  place: T & { readonly region: string; readonly endpoint?: string },
  names: readonly (keyof T & string)[],
): void {
  for (const name of names) checkText(`${option}.${name}`, 'a text', place[name]);
  if (!/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(place.region)) {
    throw invalidOption(
      `Option ${option}.region is ${describeValue(place.region)}: expected such as "eu-central-1".`,
    );
  }
  if (place.endpoint !== undefined) checkUrl(`${option}.endpoint`, place.endpoint);
}

function checkUrl(option: string, url: unknown): void {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  const isHttp = parsed?.protocol === 'https:' || parsed?.protocol === 'http:';
  if (isHttp && parsed.username === '' && parsed.password === '') return;
  throw invalidOption(
    `Option ${option} is ${describeValue(url)}: expected an address such as "https://example.com/release.tar", without a password.`,
  );
}

function checkKey(pem: string): void {
  try {
    createPublicKey(pem);
  } catch (cause) {
    throw invalidOption('Option trustedKeys has no public key in PEM.', cause);
  }
}
