import { parseArgs } from 'node:util';
import { experimentSettings, simulateExperiments } from './experiment-settings.ts';
import { settings, simulate } from './settings.ts';

// npm run soak -- rollout [--runs 2000] [--seed 1] [--only TEXT]
const { values: given } = parseArgs({
  args: process.argv.slice(3),
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const [runs, seed] = [Number(given.runs), Number(given.seed)];

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const percent = (count: number): string => `${((count / runs) * 100).toFixed(1)} %`;

print(`${runs} days of each kind of traffic, judged every minute; seed ${seed}.`);
print('traffic | rolled back | median minute | promoted | split reported | z-test | GrowthBook');
let failed = false;
for (const [index, setting] of settings.entries()) {
  if (!setting.name.includes(given.only)) continue;
  const firstSeed = seed * 1e9 + index * 1e6;
  const found = simulate(setting, runs, firstSeed);
  const problems = setting.check(found, runs);
  failed ||= problems.length > 0;
  print(
    [
      `${setting.name} (seeds from ${firstSeed})`,
      percent(found.rolledBack),
      found.medianMinute ?? '–',
      percent(found.promoted),
      percent(found.mismatch),
      percent(found.z),
      percent(found.sequence),
      ...problems.map((problem) => `FAILED: ${problem}`),
    ].join(' | '),
  );
}
print(
  'A/B test of 5 % conversions | better | worse | not better by what matters | median minute | z-test | GrowthBook',
);
for (const [index, setting] of experimentSettings.entries()) {
  if (!setting.name.includes(given.only)) continue;
  const firstSeed = seed * 1e9 + (settings.length + index) * 1e6;
  const found = simulateExperiments(setting, runs, firstSeed);
  const problems = setting.check(found, runs);
  failed ||= problems.length > 0;
  print(
    [
      `${setting.name} (seeds from ${firstSeed})`,
      percent(found.better),
      percent(found.worse),
      percent(found.equivalent),
      found.medianMinute ?? '–',
      percent(found.z),
      percent(found.sequence),
      ...problems.map((problem) => `FAILED: ${problem}`),
    ].join(' | '),
  );
}
process.exitCode = failed ? 1 : 0;
