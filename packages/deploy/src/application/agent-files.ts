import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import type { RegularFile } from '../parts/file-entry.ts';

/** Returns the agent that activates the release on a host, as one file. */
export async function agentFiles(): Promise<readonly RegularFile[]> {
  // Beside the sources this module is TypeScript, and in the package JavaScript.
  const [source, compiled] = ['ts', 'js'].map((extension) =>
    fileURLToPath(new URL(`../agent/main.${extension}`, import.meta.url)),
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
    banner: {
      js: `import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);`,
    },
    logLevel: 'silent',
  });
  return outputFiles.map(({ contents }) => ({
    path: 'agent/agent.mjs',
    source: contents,
    executable: false,
  }));
}
