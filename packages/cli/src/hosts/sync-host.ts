import { readFile } from 'node:fs/promises';
import type { Carrier } from '@fairlead/deploy';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { fileError } from '../read-file.ts';
import { count, formatBytes } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { type CopiedRegistry, copyRegistry } from './copy-registry.ts';

/** Folder of a copied registry on the hosts, unless the configuration has another one. */
const REGISTRY = '/var/lib/fairlead/registry';

/** Files of a host and their states before. */
export interface SyncedHost {
  readonly files: readonly {
    readonly path: string;
    readonly state: 'missing' | 'changed' | 'unchanged';
  }[];
  readonly registry: CopiedRegistry | undefined;
}

/** A file of this machine with its path on the hosts. */
interface LocalFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/**
 * Reads the files that an environment copies to its hosts.
 *
 * @throws CliError `ERR_CLI_FILE` naming the first that can't be read
 */
export async function readLocalFiles({
  environment,
  resolvePath,
}: ChosenEnvironment): Promise<readonly LocalFile[]> {
  return Promise.all(
    Object.entries(environment.files ?? {}).map(async ([path, local]) => {
      const file = resolvePath(local);
      const content = await readFile(file).catch((cause: unknown) => {
        throw fileError(file, `the file ${path} of the hosts`, cause);
      });
      return { path, content };
    }),
  );
}

/** Copies the files and the registry of an environment to one host, where they differ. */
export async function syncHost(
  carrier: Carrier,
  { environment, resolvePath }: ChosenEnvironment,
  { files, dryRun }: { readonly files: readonly LocalFile[]; readonly dryRun: boolean },
): Promise<SyncedHost> {
  const { sendFile } = await import('@fairlead/deploy');
  const sent: SyncedHost['files'][number][] = [];
  for (const { path, content } of files) {
    sent.push({ path, state: await sendFile(carrier, { path, content, dryRun }) });
  }
  const { registry } = environment;
  const copied =
    registry &&
    (await copyRegistry(
      carrier,
      { folder: resolvePath(registry.folder), path: registry.path ?? REGISTRY },
      dryRun,
    ));
  return { files: sent, registry: copied };
}

/** Describes what was copied to a host, or would be. */
export function formatSync({ files, registry }: SyncedHost, dryRun: boolean): readonly string[] {
  const verb = dryRun ? 'would copy' : 'copied';
  const changed = files.filter(({ state }) => state !== 'unchanged');
  const lines = changed.map(({ path, state }) =>
    oneLine(`${verb} ${path}${state === 'changed' ? ', which was another one' : ''}`),
  );
  if (registry !== undefined && registry.files > 0) {
    const size = formatBytes(registry.bytes);
    lines.push(
      oneLine(
        `${verb} ${count(registry.files, 'file')} of the registry (${size}) to ${registry.path}`,
      ),
    );
  }
  return lines.length === 0 ? ['files and registry: unchanged'] : lines;
}
