import { createPrivateKey, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { renderDeployment, type Deployment, type RenderedFile } from '@fairlead/deploy-config';

import { bundleApplication } from '../application/bundle.ts';
import { findNativePackages, nativePackageFiles } from '../application/native-packages.ts';
import { NODE_VERSION, nodeRuntime } from '../application/node-runtime.ts';
import { DeployError } from '../deploy-error.ts';
import { cacheFolder } from '../npm/fetch-package.ts';
import type { FileEntry } from '../parts/file-entry.ts';
import { cachedPart } from '../parts/cached-part.ts';
import { writePart, type WrittenPart } from '../parts/write-part.ts';
import { platforms, type Platform } from '../platform.ts';
import { billOfMaterials } from '../sbom/bill-of-materials.ts';
import { writeRelease } from './release-archive.ts';
import {
  digestOf,
  serializeManifest,
  type PartRole,
  type ReleaseManifest,
  type ReleasePart,
} from './release-manifest.ts';

/** Options of {@link buildRelease}. */
export interface BuildReleaseOptions {
  /** The deployment whose files go into the release. */
  readonly deployment: Deployment;
  /** Module that starts the application, `.ts` or `.js`. */
  readonly entry: string;
  /** Platform of the hosts. */
  readonly platform: Platform;
  /** Folder that the archive is written to; it is created. */
  readonly out: string;
  /** Version of Node in the release. @defaultValue `24.21.0` */
  readonly nodeVersion?: string;
  /** Packages with native code, or that read files of their own. @defaultValue `onnxruntime-node` */
  readonly external?: readonly string[];
  /** Conditions of the `exports` of packages, in addition to those of Node. @defaultValue none */
  readonly conditions?: readonly string[];
  /** Ed25519 private key (PEM) that signs the manifest. @defaultValue not signed */
  readonly signingKey?: string | undefined;
  /** Folder of downloads. @defaultValue `~/.cache/fairlead`, or below `XDG_CACHE_HOME` */
  readonly cache?: string;
}

/** A release that was built. */
export interface BuiltRelease {
  /** Path of its archive. */
  readonly path: string;
  /** SHA-256 of its manifest, in hexadecimal digits. */
  readonly digest: string;
  readonly manifest: ReleaseManifest;
  /** Size of the archive, in bytes. */
  readonly bytes: number;
}

/**
 * Builds a release for one platform: Node, the bundled application, its native packages, and the rendered files of the deployment,
 * in one archive that is named by its digest. The same input gives the same digest.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`, `ERR_DEPLOY_BUILD_FAILED`, `ERR_DEPLOY_PACKAGE_UNAVAILABLE`
 */
export async function buildRelease(options: BuildReleaseOptions): Promise<BuiltRelease> {
  const {
    deployment,
    platform,
    nodeVersion = NODE_VERSION,
    external = ['onnxruntime-node'],
  } = options;
  if (!platforms.includes(platform)) {
    throw new DeployError(
      'ERR_DEPLOY_INVALID_OPTION',
      `Option platform is ${JSON.stringify(platform)}: expected ${platforms.join(' or ')}.`,
    );
  }
  const entry = resolve(options.entry);
  const out = resolve(options.out);
  const cache = options.cache ?? cacheFolder(process.env);
  await mkdir(out, { recursive: true });
  const work = await mkdtemp(join(out, '.build-'));
  try {
    const conditions = options.conditions ?? [];
    const bundle = await bundleApplication({ entry, external, conditions });
    const native = await findNativePackages(bundle.imports.map(packageName), entry);
    const rendered = renderDeployment(deployment);
    const parts: ReleasePart[] = [];
    const add = (role: PartRole, { files, ...rest }: WrittenPart) => {
      if (files.length > 0) parts.push({ role, ...rest, files: [...files] });
    };
    const key = `node-${platform}-${nodeVersion}`;
    add(
      'node',
      await cachedPart(cache, key, work, () => nodeRuntime(platform, nodeVersion, cache)),
    );
    add('packages', await writePart(work, await nativePackageFiles(native, platform)));
    add('application', await writePart(work, bundle.entries));
    add('files', await writePart(work, rendered.map(fileEntry)));
    const sbom = await billOfMaterials({ deployment, nodeVersion, native, inputs: bundle.inputs });
    const manifest: ReleaseManifest = {
      format: 'fairlead-release/1',
      name: deployment.name,
      platform,
      node: nodeVersion,
      parts: parts,
      hostFiles: rendered.map(({ path, mode, owner, role }) => ({
        ...{ path, mode: mode.toString(8), owner: owner ?? 'root:root', role },
      })),
      sbomSha256: digestOf(sbom),
    };
    const serialized = serializeManifest(manifest);
    const digest = digestOf(serialized);
    const path = join(out, `${deployment.name}-${digest.slice(0, 12)}-${platform}.tar`);
    const signature =
      options.signingKey === undefined
        ? undefined
        : sign(null, Buffer.from(serialized), createPrivateKey(options.signingKey));
    await writeRelease(path, { manifest, signature, sbom, partsFolder: work });
    return { path, digest, manifest, bytes: (await stat(path)).size };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Returns the name of the package of an import: `@scope/name/inner` is of `@scope/name`. */
function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** A rendered file in the release: its path on the host, below `files/`. */
function fileEntry({ path, content }: RenderedFile): FileEntry {
  return { path: `files${path}`, source: Buffer.from(content), executable: false };
}
