import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openStore } from '@fairlead/registry';
import { describeValue } from '@fairlead/signature';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import { damaged, DeployError } from '../deploy-error.ts';
import { verifyRelease } from '../release/verify-release.ts';
import { auditLogIn, type AuditLog } from './audit-log.ts';
import { passedReleasesIn, type PassedReleases } from './passed-releases.ts';

/** Shortest beginning of a digest that names a release. */
const MIN_DIGITS = 8;

/** A release of a store on this machine; the file is removed with `using`, or by `[Symbol.asyncDispose]()`. */
export interface FetchedRelease extends AsyncDisposable {
  /** Path of the archive. */
  readonly path: string;
  readonly digest: string;
}

/** Releases, the environments that they have passed, and the log of changes: in a folder, or in S3. */
export interface ReleaseStore {
  /** Location, for messages. */
  readonly location: string;
  /**
   * Stores a release, unless it is there. The archive is stored once, so that every environment gets the same bytes.
   *
   * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED`
   */
  add(path: string): Promise<{ readonly digest: string; readonly added: boolean }>;
  /**
   * Returns the digest of a release by its first digits.
   *
   * @throws DeployError `ERR_DEPLOY_RELEASE_NOT_FOUND` when no release has them, or several do; `ERR_DEPLOY_INVALID_OPTION`
   */
  find(digits: string): Promise<string>;
  /**
   * Copies a release to a temporary file of this machine, and verifies every file of every part.
   *
   * @throws DeployError `ERR_DEPLOY_RELEASE_NOT_FOUND`, `ERR_DEPLOY_RELEASE_DAMAGED`
   */
  fetch(digits: string): Promise<FetchedRelease>;
  /** Digests of the releases. */
  list(): Promise<readonly string[]>;
  readonly results: PassedReleases;
  readonly audit: AuditLog;
}

/** Options of {@link openReleaseStore}. */
export interface ReleaseStoreOptions {
  /** Returns the current time. @defaultValue that of the system */
  readonly now?: () => Date;
}

/**
 * Opens a store of releases: the path of a folder, which is created if it is missing, or `s3://bucket/prefix`, which needs
 * `@aws-sdk/client-s3`, `s3:GetObject`, `s3:ListBucket` and `s3:PutObject`. Nothing in it is ever overwritten.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`; RegistryError when the bucket can't be used
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { openReleaseStore } from '@fairlead/deploy';
 *
 * const store = await openReleaseStore(await mkdtemp('/tmp/releases-'));
 * await store.audit.record(
 *   { actor: 'ada', command: 'deploy', environment: 'staging' },
 *   async () => 'activated',
 *   { resultOf: (outcome) => ({ outcome }) },
 * );
 * const entries = await store.audit.entries();
 * console.log(entries.map(({ phase }) => phase).join(' ')); // started finished
 * ```
 */
export async function openReleaseStore(
  location: string,
  options: ReleaseStoreOptions = {},
): Promise<ReleaseStore> {
  checkText('location', 'a folder, or s3://bucket/prefix', location);
  checkOptions('openReleaseStore', options, { now: 'optional' });
  const { now = () => new Date() } = options;
  const store = await openStore(location, { create: true });
  const archive = (digest: string): string => `archives/${digest}.tar`;
  const list = async (): Promise<readonly string[]> => {
    const entries = await store.list('archives');
    return entries.flatMap(({ name }) => /^([0-9a-f]{64})\.tar$/.exec(name)?.[1] ?? []);
  };
  const find = async (digits: string): Promise<string> => {
    if (!isReleaseDigest(digits)) {
      throw invalidOption(
        `The release ${describeValue(digits)} is no digest: give at least its first ${MIN_DIGITS} hexadecimal digits.`,
      );
    }
    const found = (await list()).filter((digest) => digest.startsWith(digits));
    const [digest] = found;
    if (digest !== undefined && found.length === 1) return digest;
    const problem =
      digest === undefined
        ? `${store.location} has no release ${digits}: add it with fairlead release build --publish`
        : `${store.location} has ${found.length} releases that begin with ${digits}: give more digits`;
    throw new DeployError('ERR_DEPLOY_RELEASE_NOT_FOUND', `${problem}.`);
  };
  return {
    location: store.location,
    ...{ find, list },
    async add(path) {
      const { digest } = await verifyRelease(path);
      const body = () => createReadStream(path) as AsyncIterable<Uint8Array>;
      return { digest, added: await store.create(archive(digest), body) };
    },
    async fetch(digits) {
      const digest = await find(digits);
      const folder = await mkdtemp(join(tmpdir(), 'fairlead-release-'));
      const remove = () => rm(folder, { recursive: true, force: true });
      try {
        const path = join(folder, `${digest}.tar`);
        await writeFile(path, store.stream(archive(digest)), { mode: 0o600 });
        const found = await verifyRelease(path);
        if (found.digest !== digest) throw damaged(`its manifest has the digest ${found.digest}`);
        return { path, digest, [Symbol.asyncDispose]: remove };
      } catch (error) {
        await remove();
        throw error;
      }
    },
    results: passedReleasesIn(store, now),
    audit: auditLogIn(store, now),
  };
}

/**
 * Returns whether the text is a digest of a release or begins one, in place of the path of an archive.
 *
 * @example
 * ```ts
 * import { isReleaseDigest } from '@fairlead/deploy';
 *
 * console.log(isReleaseDigest('4f9a1c20be77'), isReleaseDigest('dist/fairlead.tar')); // true false
 * ```
 */
export function isReleaseDigest(text: string): boolean {
  return new RegExp(`^[0-9a-f]{${MIN_DIGITS},64}$`).test(text);
}
