import { DeployError } from '../../deploy-error.ts';
import type { ReleaseManifest } from '../../release/release-manifest.ts';
import type { HostPaths } from '../host-paths.ts';
import type { OnStep } from '../on-step.ts';
import type { Difference } from '../difference.ts';
import { storePrevious } from './previous-secrets.ts';
import { readIfThere, replaceFile } from './replace-file.ts';
import { resolveSecrets, type SecretFile } from './resolve-secrets.ts';

/** Secrets of a release, before they are written. */
export interface SecretChanges {
  /** Files whose value, mode or owner differs on the host. */
  readonly changed: readonly SecretFile[];
  /** Sources that couldn't be read, whose files on the host stay; only for a rollback. */
  readonly notices: readonly string[];
}

/**
 * Reads the secrets of a release from their sources, and finds the files that differ. Writes nothing.
 *
 * @param allowsOld Lets files on the host stay whose source can't be read, because a rollback must not depend on one.
 * @throws DeployError `ERR_DEPLOY_SECRET` naming every source that can't be read.
 */
export async function findSecretChanges(
  { secrets = [] }: ReleaseManifest,
  { onStep, allowsOld = false }: { readonly onStep: OnStep; readonly allowsOld?: boolean },
): Promise<SecretChanges> {
  if (secrets.length === 0) return { changed: [], notices: [] };
  onStep('secrets');
  const problems: string[] = [];
  const notices: string[] = [];
  const changed: SecretFile[] = [];
  for (const file of await resolveSecrets(secrets)) {
    const found = await readIfThere(file.path);
    if ('problem' in file) {
      const list = allowsOld && found !== undefined ? notices : problems;
      list.push(file.problem);
      continue;
    }
    const same =
      found?.content.equals(file.content) === true &&
      found.mode === file.mode &&
      found.uid === file.uid &&
      found.gid === file.gid;
    if (!same && !file.isSource) changed.push(file);
  }
  if (problems.length > 0) throw new DeployError('ERR_DEPLOY_SECRET', problems.join('\n'));
  return { changed, notices };
}

/** Writes the secrets whose files don't exist yet: no service that runs reads them, and Nginx checks that they exist. */
export async function placeMissingSecrets(
  manifest: ReleaseManifest,
  onStep: OnStep,
): Promise<void> {
  const { changed } = await findSecretChanges(manifest, { onStep });
  for (const file of changed) {
    if ((await readIfThere(file.path)) !== undefined) continue;
    await replaceFile(file.path, file.content, file);
  }
}

/** Writes the secrets that differ, and stores the contents of before until the release has passed its gate. */
export async function placeSecrets(paths: HostPaths, { changed }: SecretChanges): Promise<void> {
  await storePrevious(
    paths,
    changed.map(({ path }) => path),
  );
  for (const file of changed) await replaceFile(file.path, file.content, file);
}

/** Compares the files of secrets with their sources; no difference contains a value. */
export async function secretDifferences({
  secrets = [],
}: ReleaseManifest): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const file of await resolveSecrets(secrets)) {
    const expected = `the value of ${file.source}`;
    if ('problem' in file) {
      differences.push({ subject: file.path, found: file.problem, expected });
      continue;
    }
    const found = await readIfThere(file.path);
    if (found?.content.equals(file.content) === true) continue;
    const state = found === undefined ? 'missing' : 'another value';
    differences.push({ subject: file.path, found: state, expected });
  }
  return differences;
}
