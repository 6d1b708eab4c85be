import { judgeDrift, type DriftReport } from '@fairlead/drift';
import type { BinCounts } from '@fairlead/windows';
import { findOnsets } from '../../src/rules/onset.ts';
import { hourOf } from '../support/count-values.ts';
import { Random } from '@fairlead/test-support/random';
import { evidentlyVerdict } from './evidently-verdict.ts';
import { kindOf, Stream, type Shift } from './streams.ts';

const REFERENCE_ROWS = 10_000;
const ONSET = { flagged: 2, of: 3 } as const;

/** Options of a simulation. */
export interface SimulationOptions {
  readonly features: number;
  /** Values of a feature in a window. */
  readonly size: number;
  readonly seed: number;
}

/** Alerts of a simulation without a shift. */
export interface FalseAlarms {
  /** Alerts that began. */
  readonly alerts: number;
  /** Verdicts on single windows by Evidently's defaults. */
  readonly evidentlyVerdicts: number;
  /** The same where two of three windows have to differ. */
  readonly evidentlyAlerts: number;
}

/** Counts the alerts of features over hours in which nothing changes. */
export function simulateFalseAlarms(
  { features, size, seed }: SimulationOptions,
  hours: number,
  compareEvidently = true,
): FalseAlarms {
  let [alerts, evidentlyVerdicts, evidentlyAlerts] = [0, 0, 0];
  for (let feature = 0; feature < features; feature += 1) {
    const stream = new Stream(
      kindOf(Math.floor((feature * 100) / features)),
      REFERENCE_ROWS,
      new Random(seed + feature),
    );
    const drifted = compareEvidently ? evidentlyVerdict(stream) : () => false;
    const windows: BinCounts[] = [];
    const verdicts: boolean[] = [];
    for (let hour = 0; hour < hours; hour += 1) {
      const values = stream.draw(size);
      windows.push(stream.count(values));
      verdicts.push(drifted(values));
    }
    alerts += judge(stream, windows, features)?.onsets.length ?? 0;
    evidentlyVerdicts += verdicts.filter(Boolean).length;
    evidentlyAlerts += findOnsets(verdicts, ONSET).begins.length;
  }
  return { alerts, evidentlyVerdicts, evidentlyAlerts };
}

/** Shares of the runs in which a shift was found within three windows. */
export interface Power {
  readonly found: number;
  /** By two of three verdicts of Evidently's defaults. */
  readonly evidently: number;
}

/** Finds how often a shift of a normal feature is found. */
export function simulatePower(
  { features, size, seed }: SimulationOptions,
  runs: number,
  shift: Shift,
): Power {
  let [found, evidently] = [0, 0];
  for (let run = 0; run < runs; run += 1) {
    const stream = new Stream('normal', REFERENCE_ROWS, new Random(seed + run));
    const drifted = evidentlyVerdict(stream);
    const values = Array.from({ length: ONSET.of }, () => stream.draw(size, shift));
    const windows = values.map((each) => stream.count(each));
    if (judge(stream, windows, features)?.status === 'drift') found += 1;
    if (values.filter(drifted).length >= ONSET.flagged) evidently += 1;
  }
  return { found: found / runs, evidently: evidently / runs };
}

/** Judges one of several features, with the level that each of them has. */
function judge(
  { baseline }: Stream,
  windows: readonly BinCounts[],
  features: number,
): DriftReport['features'][number] | undefined {
  const hours = windows.map((counts, hour) => hourOf(hour, { [baseline.name]: counts }));
  const options = { alpha: 0.05 / features, historyWindows: 0 };
  return judgeDrift({ features: [baseline], outputs: [] }, hours, options).features[0];
}
