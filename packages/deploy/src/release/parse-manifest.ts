import { damaged } from '../deploy-error.ts';
import { findManifestProblem } from './manifest-problem.ts';
import { manifestSchema, type ReleaseManifest } from './release-manifest.ts';

/**
 * Reads a serialized manifest.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED` naming what is wrong.
 */
export function parseManifest(serialized: string): ReleaseManifest {
  let json: unknown;
  try {
    json = JSON.parse(serialized);
  } catch (cause) {
    throw damaged('its manifest is not JSON', cause);
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(
      `its manifest, ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
      parsed.error,
    );
  }
  const problem = findManifestProblem(parsed.data);
  if (problem !== undefined) throw damaged(`its manifest: ${problem}`);
  return parsed.data;
}
