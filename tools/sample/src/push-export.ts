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
import type { ValidatedExport } from './validate-export.ts';

const ALIAS = 'champion';
const ACTOR = 'npm start';
const ORIGINAL = 'scikit-learn, on the rows held out from the training';
/** Gates that an export must pass before it is served. */
const GATES = ['goldenExamples', 'parity <= 1e-4'];

/** A version of a sample model in the registry. */
export interface PushedModel {
  readonly manifest: Manifest;
  /** True if this start pushed it. */
  readonly created: boolean;
  /** Reason why the new version did not become champion. */
  readonly refused?: string;
}

/** Pushes a version unless it exists, and makes it champion if it is new or there is no champion. */
export async function pushAsChampion(
  registry: ModelRegistry,
  request: PushRequest,
): Promise<PushedModel> {
  const same = await findSameVersion(registry, request);
  const manifest = same ?? (await registry.push(request)).manifest;
  return promote(registry, manifest, same === undefined);
}

/**
 * Pushes an ONNX export like {@link pushAsChampion}. It is validated before it is stored and compared with its Python
 * original; gates keep an export whose outputs differ from becoming champion.
 */
export async function pushExport(
  registry: ModelRegistry,
  request: PushRequest,
  { folder, signature }: TrainedModel,
): Promise<PushedModel> {
  const same = await findSameVersion(registry, request);
  const validateAndCompare = async (candidate: PushCandidate): Promise<ValidatedExport> => {
    // Imported only for a new export: ONNX Runtime is slow to load.
    const { validateExport } = await import('./validate-export.ts');
    const rows = await readParityRows(join(folder, 'heldout.json'), signature);
    return validateExport(candidate, rows);
  };
  let validated: ValidatedExport | undefined;
  const validate = async (candidate: PushCandidate) => {
    validated = await validateAndCompare(candidate);
    return { trial: validated.trial };
  };
  const manifest = same ?? (await registry.push({ ...request, validate })).manifest;
  await recordFindings(registry, manifest, async () => {
    // An earlier start pushed this version, but was interrupted before it recorded the findings.
    if (validated !== undefined) return validated;
    const { read } = await registry.openVersion(manifest.model, manifest.version);
    return (validated ??= await validateAndCompare({ manifest, read }));
  });
  return promote(registry, manifest, same === undefined);
}

/** Records measurements that the version lacks, and sets the gates of the alias unless its gates were ever set. */
async function recordFindings(
  registry: ModelRegistry,
  { model, version }: Manifest,
  findings: () => Promise<ValidatedExport>,
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
  // An empty list counts too: a user removed all gates.
  if (!gates.has(ALIAS)) {
    const reason = 'the outputs of an export must match those of its original';
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
  // An alias that a user moved is not changed: only a new version, or the first one, becomes champion.
  if (!created && present !== undefined) return { manifest, created };
  try {
    await registry.setAlias(model, ALIAS, version, { actor: ACTOR, reason: 'newly trained' });
    return { manifest, created };
  } catch (error) {
    // The previous champion is still served.
    if (!(error instanceof GatesFailedError) || present === undefined) throw error;
    return { manifest, created, refused: error.message };
  }
}
