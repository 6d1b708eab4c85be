import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build, type BuildFailure, type Plugin } from 'esbuild';

import { DeployError } from '../deploy-error.ts';
import type { RegularFile } from '../parts/file-entry.ts';
import type { SecretReference } from '../secrets/secret-reference.ts';

/** Modules that are separate files of the agent, by the property of the sources that need them. */
const SOURCE_MODULES = {
  ssmParameter: { name: 'ssm-parameters', sdk: '@aws-sdk/client-ssm' },
  secretsManager: { name: 'managed-secrets', sdk: '@aws-sdk/client-secrets-manager' },
} as const;

/**
 * Returns the agent that activates the release on a host, with the SDKs that read its secrets.
 *
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED` when an SDK isn't installed
 */
export async function agentFiles(
  secrets: readonly Pick<SecretReference, 'from'>[] = [],
): Promise<readonly RegularFile[]> {
  const modules = Object.entries(SOURCE_MODULES)
    .filter(([source]) => secrets.some(({ from }) => source in from))
    .map(([source, module]) => ({ source, ...module }));
  return Promise.all([
    fileOf('agent', '../agent/main'),
    ...modules.map(async ({ source, name, sdk }) =>
      fileOf(name, `../agent/secrets/${name}`).catch((error: unknown) => {
        if (!(error as Partial<BuildFailure>).errors?.some(({ text }) => text.includes(sdk))) {
          throw error;
        }
        throw new DeployError(
          'ERR_DEPLOY_BUILD_FAILED',
          `The deployment has secrets with the source ${source}, but ${sdk} isn't installed. Run npm install ${sdk}.`,
          { cause: error },
        );
      }),
    ),
  ]);
}

/** Leaves modules that are separate files of the agent out of a bundle, under names that depend on no content. */
const separateModules: Plugin = {
  name: 'separate-modules',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.{1,2}\// }, ({ path, kind }) => {
      const module = Object.values(SOURCE_MODULES).find(({ name }) => path.includes(`/${name}.`));
      if (kind !== 'dynamic-import' || module === undefined) return undefined;
      return { path: `./${module.name}.mjs`, external: true };
    });
  },
};

async function fileOf(name: string, module: string): Promise<RegularFile> {
  // Beside the sources this module is TypeScript, and in the package JavaScript.
  const [source, compiled] = ['ts', 'js'].map((extension) =>
    fileURLToPath(new URL(`${module}.${extension}`, import.meta.url)),
  ) as [string, string];
  const { outputFiles } = await build({
    entryPoints: [existsSync(source) ? source : compiled],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'none',
    plugins: [separateModules],
    banner: {
      js: `import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);`,
    },
    logLevel: 'silent',
  });
  const contents = outputFiles[0]?.contents ?? new Uint8Array();
  return { path: `agent/${name}.mjs`, source: contents, executable: false };
}
