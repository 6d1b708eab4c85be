import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelRegistry } from '@fairlead/registry';
import { flaskName } from './push-models.ts';

/** Writes the Python originals of the champions to the folder of Flask; every byte is verified against the registry. */
export async function exportFlaskModels(
  registry: ModelRegistry,
  models: readonly string[],
  folder: string,
): Promise<void> {
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  for (const model of models) {
    const { version } = await registry.resolve(flaskName(model), 'champion');
    const opened = await registry.openVersion(flaskName(model), version);
    for (const { path } of opened.manifest.files) {
      const target = join(fresh, model, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, await opened.read(path));
    }
  }
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
}
