import { readPlan, type OutcomeMetricInput, type RolloutPlan } from '@fairlead/rollout';
import type { Random } from '@fairlead/test-support/random';
import { countedShare, type OutcomeTotals } from '../../src/verdict/count-outcomes.ts';
import { judgeOutcomes } from '../../src/verdict/judge-outcomes.ts';
import { OtherTests } from './other-tests.ts';

const USERS = 60;
const DAY = 1440;
const STEP_MINUTES = 240;

/** An A/B test of conversions. */
export interface ExperimentTraffic {
  /** Shares of the steps of 4 hours each; the last one stays. */
  readonly shares: readonly number[];
  /** Rate of the baseline's conversions. */
  readonly rate: number;
  /** Change of the candidate's rate: 0.2 for a fifth more. */
  readonly change: number;
  /** Smallest change that matters. */
  readonly smallest?: number;
  /** The rate is 0.2 to 1.8 times its mean during the day. */
  readonly cycle?: boolean;
  /** Mean of the minutes after which users convert. */
  readonly delay?: number;
  /** Revenue of users who convert is lognormal, and decides, or is a guardrail beside conversions. */
  readonly revenue?: 'primary' | 'guardrail';
}

/** Minute of the first result of each kind, by this package and by other tests. */
export interface SimulatedExperiment {
  readonly better: number | undefined;
  readonly worse: number | undefined;
  readonly equivalent: number | undefined;
  readonly z: number | undefined;
  readonly sequence: number | undefined;
}

/** The plan of a test. */
function experimentPlan({ shares, smallest = 0, revenue }: ExperimentTraffic): RolloutPlan {
  const metrics: OutcomeMetricInput[] = [{ name: 'conversion', smallest }];
  if (revenue !== undefined) metrics.push({ name: 'revenue', type: 'total', role: revenue });
  return readPlan({
    ...{ kind: 'experiment', baseline: '3', candidate: '4' },
    steps: shares.map((share) => ({ share })),
    outcomes: { users: USERS * DAY, metrics },
  });
}

/** Judges 60 new users a minute after each minute of a day, until a difference is found. */
export function simulateExperiment(
  random: Random,
  traffic: ExperimentTraffic,
): SimulatedExperiment {
  const { shares, rate, change, cycle = false, delay = 0 } = traffic;
  const plan = experimentPlan(traffic);
  const users = shares.map((_, step) => ({ step, candidate: 0, baseline: 0 }));
  const sums = shares.map(() => ({ candidate: new Sums(), baseline: new Sums() }));
  const later: (readonly [step: number, variant: 'candidate' | 'baseline'])[][] = [];
  const others = new OtherTests();
  const found: { better?: number; worse?: number; equivalent?: number } = {};
  const last = shares.at(-1) ?? 0;
  for (let minute = 0; minute < DAY; minute += 1) {
    const step = Math.min(shares.length - 1, Math.floor(minute / STEP_MINUTES));
    const daily = rate * (cycle ? 1 + 0.8 * Math.sin((2 * Math.PI * minute) / DAY) : 1);
    // Users whose variant changes in a later step aren't counted.
    const counted = random.binomial(USERS, (shares[step] ?? 0) + 1 - last);
    const candidates = random.binomial(counted, countedShare(plan, step));
    const fresh = { candidate: candidates, baseline: counted - candidates };
    const converted = { candidate: 0, baseline: 0 };
    for (const variant of ['candidate', 'baseline'] as const) {
      const of = users[step];
      if (of !== undefined) of[variant] += fresh[variant];
      const own = variant === 'candidate' ? daily * (1 + change) : daily;
      const number = random.binomial(fresh[variant], own);
      for (let i = 0; i < number; i += 1) {
        const at = minute + Math.floor(-delay * Math.log(1 - random.uniform()));
        (later[at] ??= []).push([step, variant]);
      }
    }
    for (const [of, variant] of later[minute] ?? []) {
      const amount = traffic.revenue === undefined ? 0 : Math.exp(random.normal());
      sums[of]?.[variant].add(amount);
      converted[variant] += 1;
    }
    others.add(minute, {
      step,
      requests: [fresh.candidate, fresh.baseline],
      failures: [converted.candidate, converted.baseline],
    });
    for (const { status, role } of judgeOutcomes(plan, totalsOf(users, sums))) {
      if (role === 'reported' || status === 'undecided' || status === 'passed') continue;
      found[status === 'failed' ? 'worse' : status] ??= minute;
    }
    const isDecided = found.better !== undefined || found.worse !== undefined;
    if (isDecided && others.stopped.z !== undefined && others.stopped.sequence !== undefined) break;
  }
  const { better, worse, equivalent } = found;
  return { better, worse, equivalent, z: others.stopped.z, sequence: others.stopped.sequence };
}

/** Conversions of a variant in a step, and their revenue. */
class Sums {
  conversions = 0;
  revenue = 0;
  squares = 0;
  cubes = 0;

  add(amount: number): void {
    this.conversions += 1;
    this.revenue += amount;
    this.squares += amount * amount;
    this.cubes += amount ** 3;
  }
}

function totalsOf(
  users: OutcomeTotals['users'],
  sums: readonly { readonly candidate: Sums; readonly baseline: Sums }[],
): OutcomeTotals {
  const begun = users.filter(({ candidate, baseline }) => candidate + baseline > 0);
  const stepsOf = (read: (of: Sums) => { readonly sum: number; readonly sumSquares: number }) =>
    begun.map(({ step, candidate, baseline }) => {
      const of = sums[step] ?? { candidate: new Sums(), baseline: new Sums() };
      return {
        candidate: { users: candidate, ...read(of.candidate) },
        baseline: { users: baseline, ...read(of.baseline) },
      };
    });
  const sumOf = (read: (of: Sums) => number): number =>
    sums.reduce((sum, { candidate, baseline }) => sum + read(candidate) + read(baseline), 0);
  const metrics = [
    {
      name: 'conversion',
      steps: stepsOf(({ conversions: sum }) => ({ sum, sumSquares: sum })),
      sumCubes: sumOf(({ conversions }) => conversions),
    },
    {
      name: 'revenue',
      steps: stepsOf(({ revenue: sum, squares: sumSquares }) => ({ sum, sumSquares })),
      sumCubes: sumOf(({ cubes }) => cubes),
    },
  ];
  return {
    ...{ users: begun, level: 0, plannedLevel: 0 },
    metrics: metrics.map((metric) => ({ ...metric, reported: begun })),
  };
}
