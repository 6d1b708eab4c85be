import { Random } from '@fairlead/test-support/random';
import {
  simulateExperiment,
  type ExperimentTraffic,
  type SimulatedExperiment,
} from './experiment.ts';

/** Totals of the simulated A/B tests of one kind. */
export interface SimulatedExperiments {
  readonly better: number;
  readonly worse: number;
  readonly equivalent: number;
  /** Median of the minutes of the first decision, among those that had one. */
  readonly medianMinute: number | undefined;
  readonly z: number;
  readonly sequence: number;
}

/** A kind of A/B test, and what must be found in it. */
export interface ExperimentSetting {
  readonly name: string;
  readonly traffic: ExperimentTraffic;
  /** Returns which goals are missed. */
  readonly check: (found: SimulatedExperiments, runs: number) => readonly string[];
}

type Check = ExperimentSetting['check'];
const ALPHA = 0.05;
const RAMP = [0.05, 0.1, 0.25, 0.5];

/** Wrong decisions of at most `alpha`; three standard errors of the simulation are tolerated. */
const atMost =
  (...names: readonly ('better' | 'worse' | 'equivalent')[]): Check =>
  (found, runs) => {
    const wrong = names.reduce((sum, name) => sum + found[name], 0);
    const limit = runs * ALPHA + 3 * Math.sqrt(runs * ALPHA * (1 - ALPHA));
    return wrong > limit
      ? [`${wrong} of ${runs} wrong decisions, more than ${limit.toFixed(1)}`]
      : [];
  };

const foundMostly =
  (name: 'better' | 'worse', share: number): Check =>
  (found, runs) => {
    const wrong = atMost(name === 'better' ? 'worse' : 'better')(found, runs);
    return found[name] >= share * runs
      ? wrong
      : [...wrong, `${name} in ${found[name]} of ${runs}, fewer than ${share * runs}`];
  };

const setting = (title: string, traffic: Partial<ExperimentTraffic>, check: Check) => ({
  name: `A/B test: ${title}`,
  traffic: { shares: [0.5], rate: 0.05, change: 0, ...traffic },
  check,
});
const ramp = { shares: RAMP, cycle: true };

/** All kinds of A/B tests that are simulated. */
export const experimentSettings: readonly ExperimentSetting[] = [
  setting('equal, 50 %', {}, atMost('better', 'worse')),
  setting('equal, 10 %', { shares: [0.1] }, atMost('better', 'worse')),
  setting('equal, ramp 5 to 50 %, daily cycle', ramp, atMost('better', 'worse')),
  setting(
    'equal, the same, conversions after 3 hours',
    { ...ramp, delay: 180 },
    atMost('better', 'worse'),
  ),
  setting(
    '5 % more, of which 5 % matter, ramp',
    { ...ramp, change: 0.05, smallest: 0.05 },
    atMost('better', 'worse'),
  ),
  setting('10 % more, 50 %', { change: 0.1 }, foundMostly('better', 0.5)),
  setting('20 % more, 50 %', { change: 0.2 }, foundMostly('better', 0.95)),
  setting('20 % more, ramp', { ...ramp, change: 0.2 }, foundMostly('better', 0.9)),
  setting(
    '20 % more, ramp, after 3 hours',
    { ...ramp, change: 0.2, delay: 180 },
    foundMostly('better', 0.5),
  ),
  setting('20 % less, ramp', { ...ramp, change: -0.2 }, foundMostly('worse', 0.9)),
  setting(
    'equal, ramp, revenue decides',
    { ...ramp, revenue: 'primary' },
    atMost('better', 'worse'),
  ),
  setting(
    'equal, ramp, revenue is a guardrail',
    { ...ramp, revenue: 'guardrail' },
    atMost('better', 'worse'),
  ),
  setting(
    '20 % more, 50 %, revenue decides',
    { change: 0.2, revenue: 'primary' },
    foundMostly('better', 0.5),
  ),
];

/** Simulates A/B tests of one kind, each with the next seed. */
export function simulateExperiments(
  { traffic }: ExperimentSetting,
  runs: number,
  firstSeed: number,
): SimulatedExperiments {
  const days = Array.from({ length: runs }, (_, index) =>
    simulateExperiment(new Random(firstSeed + index), traffic),
  );
  const count = (name: keyof SimulatedExperiment): number =>
    days.filter((day) => day[name] !== undefined).length;
  const minutes = days.flatMap(({ better, worse }) => better ?? worse ?? []).sort((a, b) => a - b);
  return {
    better: count('better'),
    worse: count('worse'),
    equivalent: count('equivalent'),
    medianMinute: minutes[Math.floor(minutes.length / 2)],
    z: count('z'),
    sequence: count('sequence'),
  };
}
