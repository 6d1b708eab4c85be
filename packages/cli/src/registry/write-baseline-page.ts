import { writeFile } from 'node:fs/promises';
import type { Manifest } from '@fairlead/registry';
import { CliError } from '../cli-error.ts';
import { fileError } from '../read-file.ts';
import { manifestBaseline } from './manifest-baseline.ts';

/**
 * Writes a page with pictures of the baseline of a version.
 *
 * @throws CliError `ERR_CLI_FILE` if the version has no baseline of this format, or the file can't be written
 */
export async function writeBaselinePage(path: string, manifest: Manifest): Promise<void> {
  const { model, version } = manifest;
  const baseline = await manifestBaseline(manifest).catch((error: unknown) => {
    throw fileError(path, 'the page of the baseline', error);
  });
  if (baseline === undefined) {
    throw new CliError(
      'ERR_CLI_FILE',
      `version ${version} of ${model} has no baseline to draw: push a version with --baseline`,
    );
  }
  const { baselineHtml } = await import('@fairlead/drift');
  try {
    await writeFile(path, baselineHtml(baseline, { model, version }));
  } catch (error) {
    throw fileError(path, 'the page of the baseline', error);
  }
}
