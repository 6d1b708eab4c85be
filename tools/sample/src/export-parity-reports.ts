import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelRegistry } from '@fairlead/registry';

/** Lays out the pages about how far the champions are from their originals; resolves to where they are. */
export async function exportParityReports(
  registry: ModelRegistry,
  models: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const there = new Set(await readdir(folder));
  const wanted: string[] = [];
  for (const model of models) {
    const { version } = await registry.resolve(model, 'champion');
    const { versions } = await registry.model(model).state();
    const [document] = versions.get(version)?.measurements.parity?.documents ?? [];
    if (document === undefined) continue;
    const name = `${model}-${version}.html`;
    wanted.push(name);
    // Whoever measures anew has another page.
    await writeFile(join(folder, name), await registry.model(model).readDocument(document));
  }
  for (const name of there) if (!wanted.includes(name)) await rm(join(folder, name));
  return wanted.map((name) => join(folder, name));
}
