import { expect, test } from 'vitest';
import { experimentSettings, simulateExperiments } from './experiment-settings.ts';
import { settings, simulate } from './settings.ts';

// The long form is `npm run soak -- rollout`.
const find = (name: string) => {
  const setting = settings.find((each) => each.name === name);
  if (setting === undefined) throw new Error(`no setting ${name}`);
  return setting;
};

test('a candidate as good as the baseline is rarely rolled back during a ramp and a daily cycle, where totals mislead other tests', () => {
  const setting = find('ramp 5 to 50 %, daily cycle, failures 0.01 and 0.01');
  const found = simulate(setting, 20, 1);
  expect(setting.check(found, 20)).toEqual([]);
  expect(found.sequence).toBeGreaterThanOrEqual(18);
});

test('users who fail often do not roll back a candidate, nor look like a wrong split: each counts once', () => {
  const setting = find('2000 users with separate rates, first failure of each');
  expect(setting.check(simulate(setting, 20, 2), 20)).toEqual([]);
  const all = find('2000 users with separate rates, every failure');
  expect(simulate(all, 20, 2).mismatch).toBeGreaterThanOrEqual(8);
});

test('a candidate with 1.5 times the failures is rolled back within hours, and rarely promoted', () => {
  const found = simulate(find('candidate 10 %, failures 0.01 and 0.015'), 20, 3);
  expect(found.rolledBack).toBeGreaterThanOrEqual(17);
  expect(found.medianMinute).toBeLessThanOrEqual(600);
  expect(found.promoted).toBeLessThanOrEqual(4);
});

const findExperiment = (title: string) => {
  const setting = experimentSettings.find(({ name }) => name === `A/B test: ${title}`);
  if (setting === undefined) throw new Error(`no A/B test ${title}`);
  return setting;
};

test('an A/B test of equal versions rarely decides during a ramp and a daily cycle, also where users convert later', () => {
  const setting = findExperiment('equal, the same, conversions after 3 hours');
  const found = simulateExperiments(setting, 20, 4);
  expect(setting.check(found, 20)).toEqual([]);
  expect(found.z).toBeGreaterThanOrEqual(18);
});

test('an A/B test finds a fifth more conversions within the day', () => {
  const setting = findExperiment('20 % more, 50 %');
  const found = simulateExperiments(setting, 10, 5);
  expect(found.better).toBeGreaterThanOrEqual(9);
  expect(found.worse).toBe(0);
});
