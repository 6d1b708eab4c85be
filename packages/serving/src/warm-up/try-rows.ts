import { seededRandom, type RandomSource, type Signature, type Tensor } from '@fairlead/signature';
import type { BatchLimits } from '../scheduling/batch-limits.ts';
import type { Execute } from './find-suitable-inputs.ts';
import type { VersionManifest } from '../source/model-source.ts';
import { seedOf } from './plausible-inputs.ts';
import { drawRowSamples, innerLengths, innerShapes, type Request } from './row-samples.ts';
import type { RowTrial } from './row-trial.ts';
import { tryGroup } from './try-group.ts';

/** Options of {@link tryRows}. */
export interface RowTrialOptions {
  readonly manifest: Pick<VersionManifest, 'model' | 'signature'>;
  /** Requests that the version takes. */
  readonly known: readonly Request[];
  readonly execute: Execute<readonly Tensor[]>;
  /** Limits of a shared execution once the version is served. */
  readonly limits: BatchLimits;
  /** Once it is used up, in milliseconds, what wasn't tried stays open. */
  readonly budgetMs: number;
}

/** Bytes of the largest execution that is tried. */
const MAX_TRIAL_BYTES = 4 * 1024 * 1024;
const MAX_TRIAL_ROWS = 1024;
const MIN_TRIAL_ROWS = 4;
/** Bytes of one row beyond which rows aren't tried together, nor gain from it. */
const MAX_ROW_BYTES = 16 * 1024 * 1024;
const MAX_REQUEST_ROWS = 3;
/** Inner shapes of known requests that are tried. */
const MAX_SHAPES = 3;
/** Lengths at which inner dimensions that vary are tried: some models mix rows only where one is longer than 1. */
const INNER_LENGTHS = [2, 3, 7];

/**
 * Finds out by trial whether requests may share an execution: different ones are run alone, and then together in several
 * orders and numbers, up to the most rows that are ever batched.
 *
 * @throws what the runtime throws that other inputs wouldn't avoid.
 */
export async function tryRows(options: RowTrialOptions): Promise<RowTrial> {
  const { manifest, known, limits, budgetMs, execute } = options;
  const endsAt = performance.now() + budgetMs;
  const rowBytes = bytesOfRow(known[0] ?? []);
  if (rowBytes > MAX_ROW_BYTES) {
    return { rows: 'open', reason: `rows of ${Math.round(rowBytes)} bytes are not tried together` };
  }
  const random = seededRandom(`rows of ${seedOf(manifest.model, manifest.signature)}`);
  const maxRows = trialRows(rowBytes, limits);
  const { signature } = manifest;
  let tried = { samples: 0, executions: 0 };
  let hasLonger = false;
  for (const { drawn, lengths } of groupsOf(signature, known, random)) {
    const group = {
      drawn,
      mustRun: tried.samples === 0,
      maxRows,
      endsAt,
      budgetMs,
      random,
      execute,
    };
    const found = await tryGroup(group);
    if (found === undefined) continue;
    if ('rows' in found) return found;
    hasLonger ||= lengths.every((length) => length > 1);
    tried = {
      samples: tried.samples + found.samples,
      executions: tried.executions + found.executions,
    };
  }
  if (!hasLonger) {
    const reason =
      'it takes no request of ours whose dimensions that vary are all longer than 1; add golden examples with such';
    return { rows: 'open', reason };
  }
  const reason = `${tried.samples} different requests got in ${tried.executions} shared executions of up to ${maxRows} rows what each got alone`;
  return { rows: 'independent', reason };
}

/** Requests of the same inner shapes, as those are that share an execution. */
interface SampleGroup {
  readonly drawn: readonly Request[];
  /** Lengths of the inner dimensions that vary. */
  readonly lengths: readonly number[];
}

function* groupsOf(
  signature: Signature,
  known: readonly Request[],
  random: RandomSource,
): Generator<SampleGroup, void> {
  const maxRows = MAX_REQUEST_ROWS;
  const ofShape = Map.groupBy(known, innerShapes);
  for (const alike of [...ofShape.values()].slice(0, MAX_SHAPES)) {
    const drawn = drawRowSamples({ signature, known: alike, random, maxRows });
    yield { drawn, lengths: innerLengths(signature, alike[0] ?? []) };
  }
  if (innerLengths(signature, known[0] ?? []).length === 0) return;
  for (const innerLength of INNER_LENGTHS) {
    const drawn = drawRowSamples({ signature, known: [], random, maxRows, innerLength });
    yield { drawn, lengths: [innerLength] };
  }
}

function bytesOfRow(request: Request): number {
  let bytes = 1;
  for (const { data } of request) bytes += ArrayBuffer.isView(data) ? data.byteLength : data.length;
  return bytes / Math.max(1, request[0]?.shape[0] ?? 1);
}

/** The most rows that are tried together. */
function trialRows(rowBytes: number, { maxRows, maxBytes }: BatchLimits): number {
  const affordable = Math.floor(Math.min(maxBytes, MAX_TRIAL_BYTES) / rowBytes);
  return Math.min(maxRows, MAX_TRIAL_ROWS, Math.max(MIN_TRIAL_ROWS, affordable));
}
