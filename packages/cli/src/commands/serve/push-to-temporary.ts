import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ServedRegistry } from './served-registry.ts';

/** A model to push into a temporary registry. */
export interface TemporaryPush {
  readonly source: string;
  /** Name of the model; without it the name of the file or folder. */
  readonly model?: string | undefined;
  readonly alias: string;
  readonly actor: string;
}

/**
 * Creates a registry below `folder` with one model, which has the alias.
 *
 * @throws CliError and RegistryError as `fairlead model push` does
 */
export async function pushToTemporary(
  folder: string,
  { source, model = modelName(source), alias, actor }: TemporaryPush,
): Promise<ServedRegistry> {
  const { ModelRegistry, openStore } = await import('@fairlead/registry');
  const { readPushRequest } = await import('../../push/read-push-request.ts');
  const location = join(folder, 'registry');
  await mkdir(location);
  const registry = new ModelRegistry({ store: await openStore(location) });
  const request = await readPushRequest(source, { model, actor, mayRun: true });
  const { manifest } = await registry.push(request);
  await registry.setAlias(model, alias, manifest.version, { actor });
  return { location, isTemporary: true, models: [model], unpromoted: [] };
}

/** Derives a model name from the name of a file or folder: `My Model.onnx` becomes `my-model`. */
function modelName(source: string): string {
  const name = basename(resolve(source))
    .replace(/\.onnx$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 128);
  return name === '' ? 'model' : name;
}
