import { Random } from '@fairlead/test-support/random';
import { planOf, simulateDay, type SimulatedDay } from './simulate.ts';
import { constantStream, RAMP, rampStream, userStreams } from './streams.ts';

/** Totals of the simulated days of one kind of traffic. */
export interface SimulatedDays {
  readonly rolledBack: number;
  /** Median of the minutes of the roll-backs. */
  readonly medianMinute: number | undefined;
  readonly promoted: number;
  readonly mismatch: number;
  readonly z: number;
  readonly sequence: number;
}

/** A kind of traffic, and what must be found in it. */
export interface Setting {
  readonly name: string;
  readonly run: (random: Random) => SimulatedDay;
  /** Returns which goals are missed. */
  readonly check: (found: SimulatedDays, runs: number) => readonly string[];
}

type Check = Setting['check'];

/** Errors of at most `alpha`, and of the split of at most 0.1 %; three standard errors of the simulation are tolerated. */
const atMost =
  (name: 'rolledBack' | 'promoted', share = 0.05): Check =>
  (found, runs) => [
    ...exceeds(name, found[name], share, runs),
    ...exceeds('mismatch', found.mismatch, 0.001, runs),
  ];

function exceeds(name: string, count: number, share: number, runs: number): readonly string[] {
  const limit = runs * share + 3 * Math.sqrt(runs * share * (1 - share));
  return count > limit
    ? [`${name} in ${count} of ${runs} days, more than ${limit.toFixed(1)}`]
    : [];
}

const foundWithin =
  (minutes: number): Check =>
  ({ rolledBack, medianMinute = Infinity }, runs) =>
    rolledBack >= 0.95 * runs && medianMinute <= minutes
      ? []
      : [
          `rolled back in ${rolledBack} of ${runs} days, median ${medianMinute} min, goal ${minutes}`,
        ];

const steady = (share: number, rate: number, ratio: number, check: Check): Setting => ({
  name: `candidate ${share * 100} %, failures ${rate} and ${Number((rate * ratio).toPrecision(3))}`,
  run: (random) => simulateDay(planOf([share]), constantStream(random, { share, rate, ratio })),
  check,
});

const ramp = (rate: number, ratio: number, check: Check): Setting => ({
  name: `ramp 5 to 50 %, daily cycle, failures ${rate} and ${Number((rate * ratio).toPrecision(3))}`,
  run: (random) => simulateDay(planOf(RAMP), rampStream(random, { rate, ratio })),
  check,
});

const users = (count: number, counted: 'first' | 'all', check: Check): Setting => ({
  name: `${count} users with separate rates, ${counted === 'first' ? 'first failure of each' : 'every failure'}`,
  run: (random) => {
    const share = 0.5;
    const streams = userStreams(random, { users: count, share, rate: 0.01, concentration: 20 });
    const stream =
      counted === 'all'
        ? streams.all
        : (minute: number) => {
            streams.all(minute);
            return streams.first(minute);
          };
    return simulateDay(planOf([share]), stream);
  },
  check,
});

/** Shown for comparison: the result without the precaution. */
const shown: Check = () => [];
const RATES = [0.001, 0.01, 0.1];

/** All kinds of traffic that are simulated. A candidate of 1.5 times the failures is exactly at the margin of the plan. */
export const settings: readonly Setting[] = [
  ...[0.5, 0.1].flatMap((share) =>
    RATES.map((rate) => steady(share, rate, 1, atMost('rolledBack'))),
  ),
  ramp(0.01, 1, atMost('rolledBack')),
  users(2000, 'first', atMost('rolledBack')),
  users(2000, 'all', shown),
  ...RATES.map((rate) => steady(0.5, rate, 1.5, atMost('promoted'))),
  ramp(0.01, 1.5, atMost('promoted')),
  steady(0.1, 0.01, 1.5, (found, runs) => [
    ...foundWithin(360)(found, runs),
    ...atMost('promoted')(found, runs),
  ]),
  steady(0.1, 0.01, 2, foundWithin(120)),
  steady(0.1, 0.001, 3, foundWithin(360)),
];

/** Simulates days of one kind of traffic, each with the next seed. */
export function simulate({ run }: Setting, runs: number, firstSeed: number): SimulatedDays {
  const days = Array.from({ length: runs }, (_, index) => run(new Random(firstSeed + index)));
  const count = (name: keyof SimulatedDay): number =>
    days.filter((day) => day[name] !== undefined).length;
  const minutes = days.flatMap(({ rolledBack }) => rolledBack ?? []).sort((a, b) => a - b);
  return {
    rolledBack: count('rolledBack'),
    medianMinute: minutes[Math.floor(minutes.length / 2)],
    promoted: count('promoted'),
    mismatch: count('mismatch'),
    z: count('z'),
    sequence: count('sequence'),
  };
}
