import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Lineage, Manifest, ModelRegistry, PushRequest } from '@fairlead/registry';
import type { CandidateOrder } from '@fairlead/retraining';
import { CliError } from '../cli-error.ts';
import { shellWord } from '../output/shell-word.ts';
import { openLabelTable } from '../labels/label-table.ts';
import type { BaselineDetails } from '../push/read-baseline.ts';
import { manifestBaseline } from '../registry/manifest-baseline.ts';
import { runParity } from '../parity/run-parity.ts';
import { readPushRequest } from '../push/read-push-request.ts';
import { candidateValidation } from '../push/validate-candidate.ts';
import { readJson } from '../read-file.ts';

/** Tool in the lineage of candidates. */
const TOOL = 'fairlead retrain';

/** Column of labels in a training table, as in the rows of the training. */
const LABEL = 'label';

type TableOptions = Pick<BaselineDetails, 'baseline' | 'label' | 'scores'>;

/** Model and actor of a push. */
interface Place {
  readonly registry: ModelRegistry;
  readonly model: string;
  readonly actor: string;
}

/**
 * Pushes the output of a training, unless its attempt has pushed it before; resolves to its version.
 *
 * @throws RetrainingError `ERR_RETRAINING_TRAINING_FAILED` for files that are no model; errors of the store, and of a missing ONNX Runtime
 */
export async function pushCandidate(place: Place, order: CandidateOrder): Promise<number> {
  const { registry, model } = place;
  const known = (await registry.listVersions(model)).find(
    // An older version was imported from another registry, which had an attempt of the same name.
    ({ created, lineage: { origin } }) =>
      origin?.tool === TOOL &&
      origin.runId === order.attempt &&
      Date.parse(created) >= order.requestedAt,
  );
  try {
    const version = known?.version ?? (await push(place, order));
    await recordParity(place, version, order.folder);
    return version;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof CliError ? error.cause : error;
    if (!isOfFiles(cause)) throw cause;
    const { RetrainingError } = await import('@fairlead/retraining');
    throw new RetrainingError(
      'ERR_RETRAINING_TRAINING_FAILED',
      `the output of the training can't be pushed: ${cause.message}`,
      { cause },
    );
  }
}

async function push(place: Place, order: CandidateOrder): Promise<number> {
  const request = await readCandidate(place, order);
  // Of two processes that push the same candidate at once, one creates the version.
  const { manifest } = await place.registry.push({
    ...request,
    skipIfUnchanged: true,
    validate: candidateValidation(0, {}),
  });
  return manifest.version;
}

/** Compares a candidate with the outputs of its original that the training has written, and records it for the gate `parity`. */
async function recordParity(
  { registry, model, actor }: Place,
  version: number,
  folder: string,
): Promise<void> {
  const rows = join(folder, 'heldout.json');
  if (!existsSync(rows)) return;
  const { versions } = await registry.model(model).state();
  if (versions.get(version)?.measurements.parity !== undefined) return;
  const { report } = await runParity(registry, { model, version, rows });
  await registry
    .model(model)
    .version(version)
    .recordParity(report, { actor, original: 'the outputs that the training has written' });
}

async function readCandidate(place: Place, order: CandidateOrder): Promise<PushRequest> {
  const { registry, model, actor } = place;
  const { folder, parent } = order;
  const beside = (name: string): string | undefined =>
    existsSync(join(folder, name)) ? join(folder, name) : undefined;
  const { manifest } = await registry.openVersion(model, parent);
  const table = beside('baseline.parquet') ?? beside('baseline.csv');
  const request = await readPushRequest(folder, {
    ...{
      model,
      actor,
      mayRun: true,
      before: manifest.signature,
      golden: beside('golden.json'),
      card: beside('card.md'),
    },
    ...(table !== undefined && (await tableOptions(table, manifest))),
  });
  const metrics = beside('metrics.json');
  const measured = metrics === undefined ? {} : await readJson(metrics, 'metrics', readMetrics);
  return {
    ...request,
    metrics: { ...request.metrics, ...measured },
    lineage: { ...request.lineage, ...lineageOf(manifest, order) },
  };
}

/** Columns of a training table: the label, if it has one, and with it the scores that the version before was calibrated by. */
async function tableOptions(table: string, before: Manifest): Promise<TableOptions> {
  const { columns } = await openLabelTable(table);
  if (!columns.includes(LABEL)) return { baseline: table };
  const baseline = await manifestBaseline(before).catch(() => undefined);
  const scores = baseline?.calibration?.tensor;
  return { baseline: table, label: LABEL, ...(scores !== undefined && { scores }) };
}

function lineageOf(
  { model, version }: Manifest,
  { attempt, dataset, trigger, reason, command }: CandidateOrder,
): Lineage {
  const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
  return {
    parentVersion: version,
    dataset: {
      name: `${dataset.rows} captured rows of ${model} with a label, ${day(dataset.since)} to ${day(dataset.until)}`,
      sha256: dataset.sha256,
    },
    ...(command.length > 0 && { command: command.map(shellWord).join(' ') }),
    trigger: `${trigger}: ${reason}`,
    origin: { tool: TOOL, runId: attempt },
  };
}

function readMetrics(value: unknown): Readonly<Record<string, number>> {
  const entries = Object.entries(Object(value) as Readonly<Record<string, unknown>>);
  const wrong = entries.find(([, each]) => typeof each !== 'number');
  if (wrong === undefined && typeof value === 'object' && !Array.isArray(value)) {
    return Object.fromEntries(entries) as Readonly<Record<string, number>>;
  }
  throw new Error(`expected numbers by their names, such as {"accuracy": 0.97}`);
}

/** Returns whether an error is one of the files, which another try wouldn't mend. */
function isOfFiles(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false;
  const code = String(error.code);
  return (
    code === 'ERR_CLI_FILE' ||
    /^ERR_(?:PARITY|SIGNATURE|WINDOWS)_/.test(code) ||
    /^ERR_REGISTRY_(?:INVALID|VALIDATION|TOO_LARGE|UNSUPPORTED_FORMAT)/.test(code)
  );
}
