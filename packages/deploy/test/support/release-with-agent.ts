import { fileOf, partOf, tinyRelease } from './tiny-release.ts';

/** Creates a part with one file. */
function partWith(role: 'node' | 'agent', path: string) {
  return partOf(role, [fileOf(path, role)], [{ name: path, content: role }]);
}

/** Builds a release whose parts have a Node and an agent, as simulated hosts need it. */
export async function releaseWithAgent(): Promise<Awaited<ReturnType<typeof tinyRelease>>> {
  const added = await Promise.all([
    partWith('node', 'bin/node'),
    partWith('agent', 'agent/agent.mjs'),
  ]);
  return tinyRelease({
    changeManifest: (manifest) => ({
      ...manifest,
      parts: [...manifest.parts, ...added.map(({ part }) => part)],
    }),
    changeEntries: (entries) => [
      ...entries,
      ...added.map(({ part, archive }) => ({
        ...{ name: `parts/${part.sha256}.tar.gz`, content: archive },
      })),
    ],
  });
}
