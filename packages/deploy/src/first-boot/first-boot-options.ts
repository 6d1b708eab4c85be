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

/** Options of `renderUserData`. */
export interface UserDataOptions {
  /** Path of the release on this machine; its digest is written into the user data. */
  readonly release: string;
  /** Where hosts download the archive: an address, or an object of S3. */
  readonly source: string | ReleaseInS3;
  /** Debian packages that are installed first. @defaultValue `nginx`, and `certbot`, `python3-venv` and `unattended-upgrades` if the release needs them */
  readonly packages?: readonly string[];
  /** Public keys (PEM) of which one must have signed the release. @defaultValue the digest alone is checked */
  readonly trustedKeys?: string | undefined;
  /** Receiver of the result, beside the log and the console. @defaultValue none */
  readonly signal?: SignalByUrl | SignalToAutoScaling | undefined;
}

/** Rejects wrong options. */
export function checkUserDataOptions(options: UserDataOptions): void {
  checkOptions('renderUserData', options, {
    release: 'required',
    source: 'required',
    packages: 'optional',
    trustedKeys: 'optional',
    signal: 'optional',
  });
  const { release, source, packages = [], trustedKeys, signal } = options;
  checkText('release', 'the path of a release', release);
  if (typeof source === 'string') checkUrl('source', source);
  else checkPlace('source', source, ['bucket', 'key', 'region']);
  for (const name of packages) {
    if (typeof name === 'string' && /^[a-z0-9][a-z0-9+.-]+$/.test(name)) continue;
    throw invalidOption(
      `Option packages has ${describeValue(name)}: expected names of Debian packages.`,
    );
  }
  if (trustedKeys !== undefined) checkKey(trustedKeys);
  if (signal === undefined) return;
  if ('url' in signal) checkUrl('signal.url', signal.url);
  else checkPlace('signal', signal, ['group', 'lifecycleHook', 'region']);
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
