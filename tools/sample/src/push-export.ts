import { readParityRows } from '@fairlead/parity';
import { join } from 'node:path';
import {
  GatesFailedError,
  type Manifest,
  type ModelRegistry,
  type PushCandidate,
  type PushRequest,
} from '@fairlead/registry';
import { findSameVersion } from './same-version.ts';
import type { TrainedModel } from './trained-model.ts';
import type { TriedOut } from './try-out-export.ts';

const ALIAS = 'champion';
const ACTOR = 'npm start';
const ORIGINAL = 'scikit-learn, on the rows held out from the training';
/** What an export has to pass before it serves. */
const GATES = ['goldenExamples', 'parity <= 1e-4'];

/** A version of a sample model that the registry has now. */
export interface PushedModel {
  readonly manifest: Manifest;
  /** Whether it is new. */
  readonly created: boolean;
  /** Why it isn't the champion although it is new, if so. */
  readonly refused?: string;
}

/** Pushes a version unless it is there, and makes it champion if it is new or there is none. */
export async function pushAsChampion(
  registry: ModelRegistry,
  request: PushRequest,
): Promise<PushedModel> {
  const same = await findSameVersion(registry, request);
  const manifest = same ?? (await registry.push(request)).manifest;
  return promote(registry, manifest, same === undefined);
}

/**
 * The same of an ONNX export, which is validated before it is stored, compared with its Python original, and guarded: no
 * export becomes champion that doesn't say what the original says.
 */
export async function pushExport(
  registry: ModelRegistry,
  request: PushRequest,
  { folder, signature }: TrainedModel,
): Promise<PushedModel> {
  const same = await findSameVersion(registry, request);
  const tryOut = async (candidate: PushCandidate): Promise<TriedOut> => {
    // A start with nothing new does without the runtime.
    const { tryOutExport } = await import('./try-out-export.ts');
    const rows = await readParityRows(join(folder, 'heldout.json'), signature);
    return tryOutExport(candidate, rows);
  };
  let tried: TriedOut | undefined;
  const validate = async (candidate: PushCandidate) => {
    tried = await tryOut(candidate);
    return { trial: tried.trial };
  };
  const manifest = same ?? (await registry.push({ ...request, validate })).manifest;
  await keepFindings(registry, manifest, async () => {
    // A start that was interrupted after its push has yet to say what it found.
    if (tried !== undefined) return tried;
    const { read } = await registry.openVersion(manifest.model, manifest.version);
    return (tried ??= await tryOut({ manifest, read }));
  });
  return promote(registry, manifest, same === undefined);
}

/** Records what was found out about a version, as far as it isn't, and guards the alias, unless somebody did. */
async function keepFindings(
  registry: ModelRegistry,
  { model, version }: Manifest,
  findings: () => Promise<TriedOut>,
): Promise<void> {
  const { versions, gates } = await registry.model(model).state();
  const { measurements = {} } = versions.get(version) ?? {};
  const why = { actor: ACTOR, reason: 'validated when it was pushed' };
  if (measurements.goldenExamples === undefined) {
    const value = (await findings()).goldenExamples;
    await registry
      .model(model)
      .version(version)
      .measure({ ...why, name: 'goldenExamples', value });
  }
  if (measurements.parity === undefined) {
    const { parity } = await findings();
    await registry
      .model(model)
      .version(version)
      .recordParity(parity, { ...why, original: ORIGINAL });
  }
  // Also one who removed all gates did.
  if (!gates.has(ALIAS)) {
    const reason = 'an export has to say what its original says';
    await registry.model(model).setGates(ALIAS, GATES, { actor: ACTOR, reason });
  }
}

async function promote(
  registry: ModelRegistry,
  manifest: Manifest,
  created: boolean,
): Promise<PushedModel> {
  const { model, version } = manifest;
  const aliases = (await registry.listModels()).find((summary) => summary.model === model)?.aliases;
  const present = aliases?.[ALIAS];
  // Whoever moved the alias by hand meant it: only a new version, or a first one, becomes champion.
  if (!created && present !== undefined) return { manifest, created };
  try {
    await registry.setAlias(model, ALIAS, version, { actor: ACTOR, reason: 'newly trained' });
    return { manifest, created };
  } catch (error) {
    // The one before it goes on serving.
    if (!(error instanceof GatesFailedError) || present === undefined) throw error;
    return { manifest, created, refused: error.message };
  }
}
