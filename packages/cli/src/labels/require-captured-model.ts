import { dirname } from 'node:path/posix';
import type { CaptureObjects } from '@fairlead/capture';
import { CliError } from '../cli-error.ts';
import { oneLine } from '../output/plain-text.ts';

const MAX_NAMED = 5;

/**
 * Rejects a model without captured requests and labels: its name or the location is misspelled, unless it is new.
 *
 * @throws CliError `ERR_CLI_CHECK_FAILED`
 */
export async function requireCapturedModel(objects: CaptureObjects, model: string): Promise<void> {
  const { labelsFolder, versionFolder } = await import('@fairlead/capture');
  const folders = [dirname(versionFolder({ model, version: '1' })), labelsFolder(model)];
  const known = new Set<string>();
  for (const folder of folders) {
    const parent = dirname(folder);
    for (const { name, kind } of await objects.list(parent)) {
      if (kind !== 'folder') continue;
      if (`${parent}/${name}` === folder) return;
      known.add(modelOf(name));
    }
  }
  const models = [...known].sort();
  const { closestName } = await import('@fairlead/signature');
  const meant = closestName(model, models);
  const listed = models.slice(0, MAX_NAMED).join(', ') + (models.length > MAX_NAMED ? ', …' : '');
  const there = models.length === 0 ? 'it has none of any model' : `it has those of ${listed}`;
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    oneLine(
      `no captured requests or labels of ${model} in ${objects.location}; ${there}.${hint} Gateways store captured requests within five minutes: if this model has only just been called, wait, or add --create. Otherwise check the name and the location`,
    ),
  );
}

/** Name of a model from the name of its folder; a long one is cut. */
function modelOf(folder: string): string {
  const value = folder.slice(folder.indexOf('=') + 1);
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
