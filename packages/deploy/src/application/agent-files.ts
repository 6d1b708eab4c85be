import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Backup, Deployment } from '@fairlead/deploy-config';
import { build, type Plugin } from 'esbuild';

import { DeployError } from '../deploy-error.ts';
import type { RegularFile } from '../parts/file-entry.ts';

/** Module that is a separate file of the agent, in releases that need it only. */
interface SeparateModule {
  readonly folder: string;
  /** Packages that its users install, because not every release needs them. */
  readonly sdk: string;
  /** Setting of the deployment that needs it. */
  readonly reason: string;
}

const SEPARATE_MODULES: Readonly<Record<string, SeparateModule>> = {
  'ssm-parameters': {
    folder: '../agent/secrets',
    sdk: '@aws-sdk/client-ssm',
    reason: 'secrets with the source ssmParameter',
  },
  'managed-secrets': {
    folder: '../agent/secrets',
    sdk: '@aws-sdk/client-secrets-manager',
    reason: 'secrets with the source secretsManager',
  },
  'host-backup': { folder: '../agent/backup', sdk: '@aws-sdk/client-s3', reason: 'a backup in S3' },
};

/** Parts of a deployment that decide which modules its agent has. */
interface AgentNeeds {
  readonly secrets: readonly Pick<Deployment['secrets'][number], 'from'>[];
  readonly backup: Pick<Backup, 'to'> | undefined;
}

/**
 * Returns the agent that activates the release on a host, with the modules that read its secrets and back up its state.
 *
 * @throws DeployError `ERR_DEPLOY_BUILD_FAILED` when an SDK isn't installed
 */
export async function agentFiles({ secrets, backup }: AgentNeeds): Promise<readonly RegularFile[]> {
  const modules = [
    ...(secrets.some(({ from }) => 'ssmParameter' in from) ? ['ssm-parameters'] : []),
    ...(secrets.some(({ from }) => 'secretsManager' in from) ? ['managed-secrets'] : []),
    ...(backup ? ['host-backup'] : []),
  ];
  if (backup?.to.startsWith('s3://')) requireSdk('host-backup');
  return Promise.all([
    fileOf('agent', '../agent/main'),
    ...modules.map(async (name) => {
      if (name !== 'host-backup') requireSdk(name);
      return fileOf(name, `${SEPARATE_MODULES[name]?.folder ?? ''}/${name}`);
    }),
  ]);
}

/** Rejects a deployment whose SDK isn't installed where the release is built. */
function requireSdk(name: string): void {
  const { sdk = '', reason = '' } = SEPARATE_MODULES[name] ?? {};
  try {
    import.meta.resolve(sdk);
  } catch (cause) {
    throw new DeployError(
      'ERR_DEPLOY_BUILD_FAILED',
      `The deployment has ${reason}, but ${sdk} isn't installed. Run npm install ${sdk}.`,
      { cause },
    );
  }
}

/** Leaves separate modules out of a bundle, under names that depend on no content, and SDKs that aren't installed. */
const separateModules: Plugin = {
  name: 'separate-modules',
  setup(bundler) {
    bundler.onResolve({ filter: /^\.{1,2}\// }, ({ path, kind }) => {
      const name = /\/([\w-]+)\.[jt]s$/.exec(path)?.[1] ?? '';
      if (kind !== 'dynamic-import' || !Object.hasOwn(SEPARATE_MODULES, name)) return undefined;
      return { path: `./${name}.mjs`, external: true };
    });
  },
};

async function fileOf(name: string, module: string): Promise<RegularFile> {
  // Beside the sources this module is TypeScript, and in the package JavaScript.
  const [source, compiled] = ['ts', 'js'].map((extension) =>
    fileURLToPath(new URL(`${module}.${extension}`, import.meta.url)),
  ) as [string, string];
  const isSource = existsSync(source);
  const { outputFiles } = await build({
    entryPoints: [isSource ? source : compiled],
    conditions: isSource ? ['@fairlead/source'] : [],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    minifySyntax: true,
    minifyWhitespace: true,
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
