import { seededRandom, type RandomSource, type Signature, type Tensor } from '@fairlead/signature';
import type { BatchLimits } from '../scheduling/batch-limits.ts';
import { packBatch, splitBatch } from '../scheduling/pack-batch.ts';
import { differsBeyondRounding, magnitudesOf, type Magnitudes } from './compare-rows.ts';
import { isUnsuitable, type Execute } from './find-suitable-inputs.ts';
import type { VersionManifest } from '../source/model-source.ts';
import { seedOf } from './plausible-inputs.ts';
import { drawRowSamples, innerLengths, innerShapes, type Request } from './row-samples.ts';

/** What a trial of rows together found. */
export interface RowTrial {
  /**
   * `independent`: in every execution each request got what it gets alone. `dependent`: one didn't, or they can't run
   * together. `open`: nothing was found, and what was tried could not have shown it.
   */
  readonly rows: 'independent' | 'dependent' | 'open';
  /** In words, with what was tried or found. */
  readonly reason: string;
}

/** Options of {@link tryRows}. */
export interface RowTrialOptions {
  readonly manifest: Pick<VersionManifest, 'model' | 'signature'>;
  /** Requests that the version takes. */
  readonly known: readonly Request[];
  readonly execute: Execute<readonly Tensor[]>;
  /** What may share an execution once the version is served. */
  readonly limits: BatchLimits;
  /** Once it is used up, in milliseconds, what wasn't tried stays open. */
  readonly budgetMs: number;
}

interface Sample {
  readonly inputs: Request;
  readonly outputs: readonly Tensor[];
  readonly rows: number;
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
/** Different requests without which a trial shows nothing. */
const MIN_SAMPLES = 4;
/** Of the rows of an output, the part that may be equal: where more are, another row's answer looks like one's own. */
const MAX_EQUAL_SHARE = 0.75;

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
    const found = await tryTogether(group);
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

interface GroupTrial {
  readonly drawn: readonly Request[];
  /** Whether the version takes the first request for certain. */
  readonly mustRun: boolean;
  readonly maxRows: number;
  readonly endsAt: number;
  readonly budgetMs: number;
  readonly random: RandomSource;
  readonly execute: Execute<readonly Tensor[]>;
}

/** Tries requests of the same inner shapes; undefined when the version takes too few of them to show anything. */
async function tryTogether({
  drawn,
  mustRun,
  maxRows,
  endsAt,
  budgetMs,
  random,
  execute,
}: GroupTrial): Promise<RowTrial | { samples: number; executions: number } | undefined> {
  const samples: Sample[] = [];
  for (const [index, inputs] of drawn.entries()) {
    const sample = await runAlone(inputs, execute);
    if (sample === undefined && index > 0) continue;
    // Another first request would hardly suit it: errors cost an upstream time, and others their process.
    if (sample === undefined && !mustRun) return undefined;
    if (typeof sample !== 'object') return dependent(sample ?? 'it takes no part of a request');
    if (index === 0) {
      const again = await execute(inputs);
      const difference = differsBeyondRounding(sample.outputs, again, magnitudesOf([again]));
      if (difference !== undefined) {
        return dependent('the same request gets different answers, so its rows cannot be compared');
      }
    }
    samples.push(sample);
    if (performance.now() > endsAt) return outOfTime(budgetMs);
  }
  if (!mustRun && samples.length < MIN_SAMPLES) return undefined;
  const magnitudes = magnitudesOf(samples.map(({ outputs }) => outputs));
  let executions = 0;
  for (const batch of batchesOf(samples, random, maxRows)) {
    const problem = await compareTogether(batch, execute, magnitudes);
    if (problem !== undefined) return dependent(problem);
    executions += 1;
    if (performance.now() > endsAt) return outOfTime(budgetMs);
  }
  const blind = findBlindOutput(samples);
  if (blind !== undefined && mustRun) return { rows: 'open', reason: blind };
  return blind === undefined ? { samples: samples.length, executions } : undefined;
}

function dependent(reason: string): RowTrial {
  return { rows: 'dependent', reason };
}

function outOfTime(budgetMs: number): RowTrial {
  return { rows: 'open', reason: `trying its rows together takes longer than ${budgetMs} ms` };
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

/** Undefined when the version doesn't take the request; a text when its outputs have other rows. */
async function runAlone(
  inputs: Request,
  execute: Execute<readonly Tensor[]>,
): Promise<Sample | string | undefined> {
  const rows = inputs[0]?.shape[0] ?? 0;
  try {
    const outputs = await execute(inputs);
    const other = outputs.find(({ shape }) => shape[0] !== rows);
    if (other !== undefined) {
      return `output "${other.name}" has the shape [${other.shape.join(',')}] for ${rows} rows of input`;
    }
    return { inputs, outputs, rows };
  } catch (error) {
    if (isUnsuitable(error)) return undefined;
    throw error;
  }
}

/** Executions to try: pairs in either order, the same request twice, all in several orders, and as many as fit. */
function* batchesOf(
  samples: readonly Sample[],
  random: RandomSource,
  maxRows: number,
): Generator<readonly Sample[], void> {
  for (let index = 0; index + 1 < Math.min(samples.length, 5); index += 2) {
    const pair = samples.slice(index, index + 2);
    yield pair;
    yield pair.toReversed();
  }
  yield* samples.slice(0, 1).map((each) => [each, each]);
  yield atMost(samples, maxRows);
  yield atMost(samples.toReversed(), maxRows);
  yield atMost(shuffle(samples, random), maxRows);
  const many = Array.from({ length: maxRows }, () => shuffle(samples, random)).flat();
  yield atMost(many, Math.ceil(maxRows / 2));
  yield atMost(many.toReversed(), maxRows);
}

/** As many of the samples, in order, as have `maxRows` rows together. */
function atMost(samples: readonly Sample[], maxRows: number): readonly Sample[] {
  let rows = 0;
  return samples.filter((sample) => {
    const fits = rows + sample.rows <= maxRows;
    if (fits) rows += sample.rows;
    return fits;
  });
}

function shuffle<T>(values: readonly T[], random: RandomSource): readonly T[] {
  return values
    .map((value) => [random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}

async function compareTogether(
  batch: readonly Sample[],
  execute: Execute<readonly Tensor[]>,
  magnitudes: Magnitudes,
): Promise<string | undefined> {
  let outputs: readonly Tensor[];
  try {
    outputs = await execute(packBatch(batch.map(({ inputs }) => inputs)));
  } catch (error) {
    if (!isUnsuitable(error)) throw error;
    return `requests that it takes alone fail together: ${error.message}`;
  }
  const parts = splitBatch(
    outputs,
    batch.map(({ rows }) => rows),
  );
  if (parts === undefined) return 'its outputs have other rows than the requests that ran together';
  for (const [index, sample] of batch.entries()) {
    const difference = differsBeyondRounding(sample.outputs, parts[index] ?? [], magnitudes);
    if (difference !== undefined) {
      const total = batch.reduce((sum, { rows }) => sum + rows, 0);
      return `rows influence each other: of ${total} rows, ${difference}`;
    }
  }
  return undefined;
}

/** Says which output has nearly the same answer for all rows, if one has: nothing can be seen in it. */
function findBlindOutput(samples: readonly Sample[]): string | undefined {
  if (samples.length < MIN_SAMPLES) {
    return `it takes only ${samples.length} of the requests that were drawn, which show nothing`;
  }
  for (const { name } of samples[0]?.outputs ?? []) {
    const counts = new Map<string, number>();
    let total = 0;
    for (const { outputs, rows } of samples) {
      const output = outputs.filter((each) => each.name === name);
      for (const part of splitBatch(output, new Array<number>(rows).fill(1)) ?? []) {
        const text = part.map(({ data }) => Array.from(data, String).join()).join();
        counts.set(text, (counts.get(text) ?? 0) + 1);
        total += 1;
      }
    }
    const most = Math.max(...counts.values());
    if (most > total * MAX_EQUAL_SHARE) {
      return `output "${name}" is the same for ${most} of ${total} different rows, which hides whether they influence each other`;
    }
  }
  return undefined;
}
