import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Manifest, ModelRegistry, PushRequest } from '@fairlead/registry';
import { findSameVersion } from './same-version.ts';
import type { TrainedModel } from './trained-model.ts';

const ALIAS = 'champion';
const ACTOR = 'npm start';

/** A version of a sample model that the registry has now. */
export interface PushedModel {
  readonly manifest: Manifest;
  /** Whether it is new. */
  readonly created: boolean;
}

/** The name under which a model's Python original is served. */
export function flaskName(model: string): string {
  return `${model}-flask`;
}

/** Pushes the ONNX export and the Python original of each model, unless they are there, and makes new ones champion. */
export async function pushModels(
  registry: ModelRegistry,
  models: readonly TrainedModel[],
  root: string,
): Promise<readonly PushedModel[]> {
  const gitCommit = readGitCommit(root);
  const results: PushedModel[] = [];
  for (const trained of models) {
    const { model, folder, signature, metrics, goldenExamples, baseline, lineage, modelCard } =
      trained;
    const common = {
      signature,
      metrics,
      goldenExamples,
      baseline,
      modelCard,
      lineage: { ...lineage, ...(gitCommit !== undefined && { gitCommit }) },
      actor: ACTOR,
    };
    const onnx: PushRequest = {
      ...common,
      model,
      runtime: { name: 'onnx' },
      files: { 'model.onnx': join(folder, 'model.onnx') },
    };
    const python: PushRequest = {
      ...common,
      model: flaskName(model),
      runtime: { name: 'upstream', options: { upstream: 'flask', model } },
      files: {
        'model.joblib': join(folder, 'model.joblib'),
        'metadata.json': join(folder, 'metadata.json'),
      },
    };
    for (const request of [onnx, python]) results.push(await pushAsChampion(registry, request));
  }
  return results;
}

async function pushAsChampion(registry: ModelRegistry, request: PushRequest): Promise<PushedModel> {
  const same = await findSameVersion(registry, request);
  const manifest = same ?? (await registry.push(request)).manifest;
  const { model, version } = manifest;
  const aliases = (await registry.list()).find((summary) => summary.model === model)?.aliases;
  // Whoever moved the alias by hand meant it: only a new version, or a first one, becomes champion.
  if (same === undefined || aliases?.[ALIAS] === undefined) {
    await registry.setAlias(model, ALIAS, version, { actor: ACTOR, reason: 'newly trained' });
  }
  return { manifest, created: same === undefined };
}

/** The last commit that touched the training; undefined outside a git checkout. */
function readGitCommit(root: string): string | undefined {
  try {
    const args = ['log', '-1', '--format=%H', '--', 'apps/flask-model/src'];
    const commit = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
    return commit === '' ? undefined : commit;
  } catch {
    return undefined;
  }
}
