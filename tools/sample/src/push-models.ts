import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { ModelRegistry, PushRequest } from '@fairlead/registry';
import { pushAsChampion, type PushedModel, pushExport } from './push-export.ts';
import type { TrainedModel } from './trained-model.ts';

const ACTOR = 'npm start';

/** Returns the name under which the Python original of a model is served. */
export function flaskName(model: string): string {
  return `${model}-flask`;
}

/** Pushes the ONNX export and the Python original of each model, unless they exist, and makes new ones champion. */
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
    results.push(await pushExport(registry, onnx, trained));
    results.push(await pushAsChampion(registry, python));
  }
  return results;
}

/** Returns the last commit that changed the training; undefined outside a git checkout. */
function readGitCommit(root: string): string | undefined {
  try {
    const args = ['log', '-1', '--format=%H', '--', 'apps/flask-model/src'];
    const commit = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
    return commit === '' ? undefined : commit;
  } catch {
    return undefined;
  }
}
