import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Manifest, ModelRegistry, PushRequest } from '@fairlead/registry';

/**
 * Finds the newest version of a model that equals `request`, or undefined.
 *
 * All versions are compared, not only the newest: otherwise the next start would undo the choice of a user who has pushed
 * another version or rolled back since.
 */
export async function findSameVersion(
  registry: ModelRegistry,
  request: PushRequest,
): Promise<Manifest | undefined> {
  const { model } = request;
  if (!(await registry.listModels()).some((summary) => summary.model === model)) return undefined;
  const hashes = new Map<string, string>();
  for (const [path, source] of Object.entries(request.files)) {
    const bytes = typeof source === 'string' ? await readFile(source) : source;
    hashes.set(path, createHash('sha256').update(bytes).digest('hex'));
  }
  const { runtime, signature, lineage = {}, metrics = {}, goldenExamples = [] } = request;
  const { baseline, modelCard } = request;
  const expected = {
    runtime: { name: runtime.name, options: runtime.options ?? {} },
    ...{ signature, lineage, metrics, goldenExamples, baseline, modelCard },
    files: hashes,
  };
  const versions = await registry.listVersions(model);
  return versions.findLast((manifest) =>
    isDeepStrictEqual(
      {
        runtime: manifest.runtime,
        signature: manifest.signature,
        lineage: manifest.lineage,
        metrics: manifest.metrics,
        goldenExamples: manifest.goldenExamples,
        baseline: manifest.baseline,
        modelCard: manifest.modelCard,
        files: new Map(manifest.files.map(({ path, sha256 }) => [path, sha256])),
      },
      expected,
    ),
  );
}
