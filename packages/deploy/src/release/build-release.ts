import { sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { renderDeployment, type RenderedFile } from '@fairlead/deploy-config';

import { agentFiles } from '../application/agent-files.ts';
import { certificatePlanOf } from '../state/certificate-plan.ts';
import { backupPlanOf } from '../state/backup-plan.ts';
import { checkNeededPackages } from '../application/needed-packages.ts';
import { bundleApplication } from '../application/bundle.ts';
import { findNativePackages, nativePackageFiles } from '../application/native-packages.ts';
import { NODE_VERSION, nodeRuntime } from '../application/node-runtime.ts';
import { cacheFolder } from '../npm/fetch-package.ts';
import type { FileEntry } from '../parts/file-entry.ts';
import { applicationFiles } from '../python/application-files.ts';
import { checkGunicorn } from '../python/check-gunicorn.ts';
import { resolvePythonOptions } from '../python/python-options.ts';
import { pythonWheels } from '../python/python-wheels.ts';
import { cachedPart, digestOfFiles } from '../parts/cached-part.ts';
import { writePart, type WrittenPart } from '../parts/write-part.ts';
import { billOfMaterials } from '../sbom/bill-of-materials.ts';
import type { PartRole, ReleasePart } from '../parts/release-part.ts';
import { checkBuildOptions, readSigningKey, type BuildReleaseOptions } from './build-options.ts';
import { checkCommand } from './check-command.ts';
import { gateOf } from './gate-of.ts';
import { parseManifest } from './parse-manifest.ts';
import { digestOf, serializeManifest, type ReleaseManifest } from './release-manifest.ts';
import { writeRelease } from './write-release.ts';

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
 *
 * @example
 * ```ts
 * import { buildRelease, type BuildReleaseOptions } from '@fairlead/deploy';
 * import { defineDeployment } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:80' } },
 *   gateway: {
 *     command: ['/opt/fairlead/current/bin/node', '/opt/fairlead/current/gateway/dist/main.js'],
 *     service: { user: 'fairlead' },
 *   },
 * });
 * const options: BuildReleaseOptions = {
 *   ...{ deployment, entry: 'missing.ts', platform: 'linux-x64', out: 'reports/releases' },
 * };
 * const problem = await buildRelease(options).catch((error) => error.code);
 * console.log(problem); // ERR_DEPLOY_BUILD_FAILED
 * ```
 */
export async function buildRelease(options: BuildReleaseOptions): Promise<BuiltRelease> {
  checkBuildOptions(options);
  const { deployment, platform, nodeVersion = NODE_VERSION } = options;
  const { external = ['onnxruntime-node'], conditions = [] } = options;
  checkCommand(deployment);
  const python = resolvePythonOptions(options.python, deployment);
  const signingKey = readSigningKey(options.signingKey);
  const entry = resolve(options.entry);
  const out = resolve(options.out);
  const cache = options.cache ?? cacheFolder(process.env);
  await mkdir(out, { recursive: true });
  const work = await mkdtemp(join(out, '.build-'));
  try {
    const bundle = await bundleApplication({ entry, external, conditions });
    checkNeededPackages(deployment, bundle.missing);
    const native = await findNativePackages(bundle.imports.map(packageName), entry);
    const rendered = renderDeployment(deployment);
    const parts: ReleasePart[] = [];
    const add = (role: PartRole, { files, ...rest }: WrittenPart) => {
      if (files.length > 0) parts.push({ role, ...rest, files: [...files] });
    };
    const ofNode = `node-${platform}-${nodeVersion}`;
    const readNode = () => nodeRuntime(platform, nodeVersion, cache);
    add('node', await cachedPart(cache, ofNode, work, readNode));
    const packages = await nativePackageFiles(native, platform);
    const ofPackages = `packages-${await digestOfFiles(packages)}`;
    add('packages', await cachedPart(cache, ofPackages, work, () => Promise.resolve(packages)));
    add('application', await writePart(work, bundle.entries));
    const wheels = python && (await pythonWheels({ python, platform, cache, work }));
    if (wheels !== undefined) {
      checkGunicorn(wheels.packages, deployment);
      add('wheels', wheels.part);
      add('flask', await writePart(work, await applicationFiles(python?.source ?? '')));
    }
    add('agent', await writePart(work, await agentFiles(deployment)));
    add('files', await writePart(work, rendered.map(fileEntry)));
    const sbom = await billOfMaterials({
      deployment,
      nodeVersion,
      native,
      inputs: bundle.inputs,
      pythonPackages: wheels?.packages ?? [],
    });
    const certificate = certificatePlanOf(deployment);
    const manifest: ReleaseManifest = {
      format: 'fairlead-release/1',
      name: deployment.name,
      platform,
      node: nodeVersion,
      ...(wheels && { python: wheels.runtime }),
      parts,
      hostFiles: rendered.map(({ path, mode, owner, role }) => ({
        ...{ path, mode: mode.toString(8), owner: owner ?? 'root:root', role },
      })),
      // Without a member when there is none: such releases have the digests of before.
      ...(deployment.secrets.length > 0 && { secrets: deployment.secrets }),
      ...(deployment.backup !== undefined && { backup: backupPlanOf(deployment) }),
      ...(certificate && { certificate }),
      gate: gateOf(options),
      sbomSha256: digestOf(sbom),
    };
    const serialized = serializeManifest(manifest);
    const digest = digestOf(serialized);
    const path = join(out, `${deployment.name}-${digest.slice(0, 12)}-${platform}.tar`);
    // A host would refuse it.
    parseManifest(serialized);
    const signature = signingKey && sign(null, Buffer.from(serialized), signingKey);
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
