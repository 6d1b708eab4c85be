import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelRegistry } from '@fairlead/registry';

/** Writes the parity reports of the champions, as HTML pages, and deletes older ones; resolves to their paths. */
export async function exportParityReports(
  registry: ModelRegistry,
  models: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const existing = new Set(await readdir(folder));
  const current: string[] = [];
  for (const model of models) {
    const { version } = await registry.resolve(model, 'champion');
    const { versions } = await registry.model(model).state();
    const [document] = versions.get(version)?.measurements.parity?.documents ?? [];
    if (document === undefined) continue;
    const name = `${model}-${version}.html`;
    current.push(name);
    // Rewritten at each start, because a new measurement has another page.
    await writeFile(join(folder, name), await registry.model(model).readDocument(document));
  }
  for (const name of existing) if (!current.includes(name)) await rm(join(folder, name));
  return current.map((name) => join(folder, name));
}
