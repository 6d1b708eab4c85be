import { parseArgs } from 'node:util';
import { simulateFalseAlarms, simulatePower } from './simulate.ts';

// npm run soak -- drift [--features 100] [--months 3] [--runs 600] [--seed 1] [--sizes 100,500,1000,10000]
const { values: given } = parseArgs({
  args: process.argv.slice(3),
  options: {
    features: { type: 'string', default: '100' },
    months: { type: 'string', default: '3' },
    runs: { type: 'string', default: '600' },
    seed: { type: 'string', default: '1' },
    sizes: { type: 'string', default: '100,500,1000,10000' },
  },
});
const [features, months, runs, seed] = [given.features, given.months, given.runs, given.seed].map(
  Number,
) as [number, number, number, number];
const sizes = given.sizes.split(',').filter(Boolean).map(Number);

const HOURS = 720;
const POWER_SIZE = 1_000;
/** Shifts, and the share of the runs in which each must be found. */
const shifts = [
  { name: 'mean + 0.2 σ', shift: { mean: 0.2, spread: 1 }, goal: 0.95 },
  { name: 'mean + 0.3 σ', shift: { mean: 0.3, spread: 1 }, goal: 0.95 },
  { name: 'spread × 1.25', shift: { mean: 0, spread: 1.25 }, goal: 0.9 },
  { name: 'spread × 1.5', shift: { mean: 0, spread: 1.5 }, goal: 0.9 },
] as const;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
let failed = false;

print(
  `${features} features (60 % normal, 20 % lognormal, 8 % counts, 6 % flags, 6 % categories), hourly, against 10,000 rows`,
);
for (const size of sizes) {
  const totals = { alerts: 0, evidentlyVerdicts: 0, evidentlyAlerts: 0 };
  for (let month = 0; month < months; month += 1) {
    const monthSeed = seed * 1e9 + size * 10_000 + month * 1_000;
    const found = simulateFalseAlarms({ features, size, seed: monthSeed }, HOURS);
    print(`  n = ${size}, seed ${monthSeed}: ${JSON.stringify(found)}`);
    totals.alerts += found.alerts;
    totals.evidentlyVerdicts += found.evidentlyVerdicts;
    totals.evidentlyAlerts += found.evidentlyAlerts;
  }
  const monthly = (count: number): string => (count / months).toFixed(1);
  if (totals.alerts > months) failed = true;
  print(
    `n = ${size}: ${monthly(totals.alerts)} false alarms a month (goal: at most 1); Evidently's defaults: ${monthly(totals.evidentlyVerdicts)} verdicts a month, ${monthly(totals.evidentlyAlerts)} alerts by two of three`,
  );
}
for (const { name, shift, goal } of shifts) {
  const options = { features, size: POWER_SIZE, seed: seed * 1e9 + 500_000_000 };
  const { found, evidently } = simulatePower(options, runs, shift);
  if (found < goal) failed = true;
  print(
    `n = ${POWER_SIZE}, ${name}, seed ${options.seed}, ${runs} runs: found in ${(found * 100).toFixed(1)} % within three windows (goal: ${goal * 100} %); Evidently's defaults: ${(evidently * 100).toFixed(1)} %`,
  );
}
process.exitCode = failed ? 1 : 0;
