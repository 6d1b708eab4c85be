import type { CaptureObjects } from '@fairlead/capture';
import type { DriftVerdict } from '@fairlead/drift';
import type { AttemptState, RetrainingFacts, RetrainingPolicy } from '@fairlead/retraining';
import { withCaptures } from '../capture/capture-database.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { openWindows } from '../drift/open-windows.ts';
import { readVersionBaseline } from '../drift/read-version-baseline.ts';
import { queryOf, reportCaptured } from '../performance/report-captured.ts';
import type { OpenedRetraining } from './open-retraining.ts';

const DAY_MS = 86_400_000;
/** Smallest score with a positive prediction, as that of `fairlead performance report`. */
const THRESHOLD = 0.5;

/** Source of facts. */
export interface FactsSource {
  readonly opened: OpenedRetraining;
  /** Captured requests and labels; undefined without a location. */
  readonly captures: CaptureObjects | undefined;
  readonly policy: RetrainingPolicy;
  readonly actor: string;
}

/** Reads the facts by which it is decided whether a model is retrained; those that the policy doesn't use are left out. */
export async function readFacts(
  context: CommandContext,
  { opened, captures, policy, actor }: FactsSource,
): Promise<RetrainingFacts> {
  const { model, attempts, now } = opened;
  const time = now();
  const all = await attempts.all();
  const month = new Date(time).toISOString().slice(0, 7);
  const champion = await readChampion(opened, policy.alias);
  const last = all.at(-1);
  return {
    champion,
    last: last && describeLast(last),
    attemptsThisMonth: all.filter(
      ({ requestedAt }) => new Date(requestedAt).toISOString().slice(0, 7) === month,
    ).length,
    drift:
      champion === undefined || policy.triggers.drift === undefined
        ? undefined
        : await readDrift(context, opened, { policy, actor, version: champion.version }),
    performance:
      champion === undefined || captures === undefined
        ? undefined
        : await readPerformance(opened, captures, policy, champion.version),
    ...(captures && (await countLabels(captures, { model, policy, time, last }))),
  };
}

function describeLast({
  number,
  requestedAt,
  phase,
  dataset,
}: AttemptState): RetrainingFacts['last'] {
  return { number, requestedAt, isEnded: phase === 'ended', datasetUntil: dataset?.until };
}

/** Version that the alias points to; undefined if it isn't set. */
async function readChampion(
  { registry, model }: OpenedRetraining,
  alias: string,
): Promise<RetrainingFacts['champion']> {
  const { RegistryError } = await import('@fairlead/registry');
  try {
    const { version, entry } = await registry.resolve(model, alias);
    return { version, since: Date.parse(entry?.at ?? '1970-01-01T00:00:00Z') };
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'ERR_REGISTRY_ALIAS_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}

/** Newest verdict on the version; finished hours or days without one are judged. */
async function readDrift(
  context: CommandContext,
  { registry, store, model, now }: OpenedRetraining,
  { policy, actor, version }: { policy: RetrainingPolicy; actor: string; version: number },
): Promise<RetrainingFacts['drift']> {
  const { DriftWatch } = await import('@fairlead/drift');
  const watch = new DriftWatch({
    windows: await openWindows(context, store, { rollUp: false }),
    verdicts: store,
    unit: policy.triggers.drift?.unit ?? 'hour',
    baselineOf: () => readVersionBaseline(registry, { model, version }),
    recordChange: ({ model: name, version: number, ...change }) =>
      registry
        .model(name)
        .version(Number(number))
        .recordDrift({ ...change, actor }),
    now,
    onError: (error) => {
      context.output.note(`fairlead: ${error instanceof Error ? error.message : String(error)}`);
    },
  });
  const { latest, missing } = await watch.check({ model, version: String(version) });
  if (missing === 'baseline') {
    context.output.note(
      `fairlead: version ${version} of ${model} has no baseline, so that its drift is unknown; push versions with one`,
    );
  }
  return latest && describeVerdict(latest);
}

function describeVerdict({ status, to, drifted }: DriftVerdict): RetrainingFacts['drift'] {
  return { status, to, columns: drifted.map(({ name }) => name) };
}

async function readPerformance(
  { registry, model, now }: OpenedRetraining,
  captures: CaptureObjects,
  { triggers }: RetrainingPolicy,
  version: number,
): Promise<RetrainingFacts['performance']> {
  const trigger = triggers.performance;
  if (trigger === undefined) return undefined;
  const { manifest } = await registry.openVersion(model, version);
  const baseline = await readVersionBaseline(registry, { model, version });
  const until = now();
  const selection = {
    ...{ model, version: String(version), since: until - trigger.days * DAY_MS, until },
  };
  const report = await withoutCaptures(() =>
    reportCaptured(
      captures,
      { manifest, baseline, selection },
      { threshold: THRESHOLD, minLabels: trigger.minRows },
    ),
  );
  if (report === undefined) return undefined;
  const { basis, measured, estimated, labeled, rows } = report.total;
  if (basis === 'unknown') return undefined;
  const metrics = basis === 'measured' ? measured : estimated;
  const value = metrics?.find(({ name }) => name === trigger.metric)?.value;
  if (value !== undefined) return { value, basis, rows: basis === 'measured' ? labeled : rows };
  const names = metrics?.map(({ name }) => name).join(', ') ?? 'none';
  throw new CliError(
    'ERR_CLI_USAGE',
    `the policy of ${model} names the metric ${trigger.metric}, which isn't ${basis}; there are ${names}`,
  );
}

/** Counts the rows with a label in the span of the dataset, and those whose label was received since the last dataset. */
async function countLabels(
  captures: CaptureObjects,
  {
    model,
    policy,
    time,
    last,
  }: { model: string; policy: RetrainingPolicy; time: number; last: AttemptState | undefined },
): Promise<Pick<RetrainingFacts, 'newLabels' | 'labeledRows'>> {
  const since = time - policy.dataset.days * DAY_MS;
  const selection = { model, version: undefined, since, until: time };
  const counts = await withoutCaptures(() =>
    withCaptures(captures, selection, {}, async (connection) => {
      const [row] = await queryOf(connection)(
        `SELECT count(*)::DOUBLE AS labeled, count(*) FILTER (WHERE received >= ${last?.dataset?.until ?? 0})::DOUBLE AS fresh
         FROM captures JOIN (SELECT request_id, "row", min(received_at) AS received FROM label_lines GROUP BY 1, 2) USING (request_id, "row")
         WHERE epoch_ms(time) >= ${since} AND epoch_ms(time) < ${time}`,
      );
      return { newLabels: Number(row?.fresh), labeledRows: Number(row?.labeled) };
    }),
  );
  return counts ?? { newLabels: 0, labeledRows: 0 };
}

/** Resolves to undefined where there are no captured requests in the span. */
async function withoutCaptures<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CliError && error.code === 'ERR_CLI_CHECK_FAILED') return undefined;
    throw error;
  }
}
