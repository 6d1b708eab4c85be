import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { run, type Place, type RunResult } from '../support/fairlead.ts';
import { affine, affineNext } from '../support/models.ts';
import { sendTraffic, type TrafficOptions } from '../support/rollout-traffic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let place: Place;
const call = (...args: readonly string[]): Promise<RunResult> => run(place, ...args);
const traffic = (options: Omit<TrafficOptions, 'model'>): Promise<void> =>
  sendTraffic(join(place.folder, 'registry'), { model: 'digits', ...options });

async function succeed(...args: readonly string[]): Promise<string> {
  const result = await call(...args);
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout;
}

const start = ['rollout', 'start', 'digits', '2', '--kind', 'experiment'] as const;
const conversion = [...start, '--metric', 'conversion', '--users', '4000'] as const;
/** Conversions of a share of the users of each version. */
const converting =
  (rates: Readonly<Record<string, number>>) =>
  (version: string, user: number): Record<string, number> => ({
    conversion: (Math.imul(user, 2_654_435_761) >>> 0) / 2 ** 32 < (rates[version] ?? 0) ? 1 : 0,
  });

beforeEach(async () => {
  place = {
    folder: temporaryFolder(),
    env: { FAIRLEAD_REGISTRY: './registry', FAIRLEAD_ACTOR: 'ada' },
  };
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ now: Date.parse('2026-11-29T12:00:00Z'), toFake: ['Date'] });
  await succeed('registry', 'init');
  for (const file of [affine, affineNext]) {
    await succeed('model', 'push', 'digits', file, '--skip-validation');
  }
  await succeed('model', 'promote', 'digits', '1');
});

const after = (hours: number): void => {
  vi.setSystemTime(Date.now() + hours * 3_600_000);
};

describe('an A/B test from the command line', () => {
  test('is described by a dry run, whose plan starts the same test', async () => {
    const options = [
      ...['--metric', 'wait,type=mean,better=lower,role=guardrail,smallest=3,min-users=500'],
      ...['--metric', 'revenue, type=total, role=primary, smallest=2.5', '--metric', 'clicks'],
      ...['--users', '20000', '--steps', '5,50'],
    ];
    expect(await succeed(...start, ...options, '--dry-run')).toBe(
      `Would start a rollout of version 2 of digits against version 1:
  A/B test, split by user
  step 1: 5 % for at least 10 minutes and 100 requests
  step 2: 50 % for at least 1440 minutes and 100 requests
  decided by: revenue (a number of each user, 0 for those without an outcome; higher is better) by more than 2.5 %
  not worse by 3 %: wait (a number of each user with an outcome; lower is better)
  reported: clicks (conversions, 0 for users without an outcome; higher is better)
  guarded: failures up to 1.5 times those of the baseline, or below 0.5 %
  expected: 20000 users; it decides fastest at 5000
  ends undecided after 672 hours: version 1 stays
`,
    );
    const dry = await succeed(...start, ...options, '--dry-run', '--json');
    writeFileSync(join(place.folder, 'plan.json'), dry);
    const { plan } = JSON.parse(dry) as { readonly plan: object };
    const text = await succeed('rollout', 'start', 'digits', '2', '--plan', 'plan.json', '--json');
    expect(JSON.parse(text)).toEqual({ model: 'digits', number: 1, plan });
  });

  test('shows users, means and the change, and how long it takes; the report has a picture', async () => {
    await succeed(...conversion);
    const nothing = await succeed('rollout', 'status', 'digits');
    expect(nothing).toMatch(/^users {4}0 of 4000 planned$/m);
    expect(nothing).toMatch(/^conversion +undecided +– +– +0 +– +0$/m);
    after(2);
    await traffic({ requests: 1000, outcomes: converting({ '1': 0.1, '2': 0.12 }) });
    const status = await succeed('rollout', 'status', 'digits');
    expect(status).toMatch(
      /^rollout {2}digits-1: version 2 against 1, A\/B test, split by users$/m,
    );
    expect(status).toMatch(
      /^users {4}1000 of 4000 planned; the others in about 6 hours at this traffic$/m,
    );
    expect(status).toMatch(
      /^conversion +undecided +\+\S+ % \(−\S+ % to \+\S+ %\) +\d+(\.\d+)? % \(\S+ % to \S+ %\) +\d+ +\d+(\.\d+)? % \(\S+ % to \S+ %\) +\d+$/m,
    );
    await succeed('rollout', 'report', 'digits', '--format', 'html', '--out', 'rollout.html');
    const html = readFileSync(join(place.folder, 'rollout.html'), 'utf8');
    expect(html).toContain('aria-label="Change of each metric"');
    after(24);
    await traffic({
      ...{ requests: 3000, firstUser: 1000, judge: true },
      outcomes: converting({ '1': 0.1, '2': 0.2 }),
    });
    expect(await succeed('rollout', 'status', 'digits')).toMatch(
      /^status {3}promoted\n(.*\n)*reason {3}conversion: \+/m,
    );
  });

  test('that is undecided ends with the version before, and exit code 1 of --watch', async () => {
    await succeed(...conversion, '--max-time', '30h');
    await traffic({ requests: 1000, outcomes: converting({ '1': 0.1, '2': 0.1 }) });
    after(31);
    await traffic({ requests: 10, judge: true });
    const { exitCode, stdout, stderr } = await call('rollout', 'status', 'digits', '--watch');
    expect(stdout).toMatch(/^status {3}undecided$/m);
    expect(stdout).toMatch(/^reason {3}undecided after 30 hours, version 1 stays: conversion: /m);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('rollout digits-1 was undecided: ');
    expect(await succeed('model', 'show', 'digits')).toMatch(/^ +1 .*champion$/m);
  });

  test.each<[string, readonly string[], string]>([
    ['no metric', start, 'an experiment needs outcomes'],
    ['no users', [...start, '--metric', 'a'], 'outcomes.users must be a number from 400 to'],
    ['no metrics but users', [...start, '--users', '400'], 'outcomes.metrics must be a list'],
    [
      'a metric of a canary',
      ['rollout', 'start', 'digits', '2', '--metric', 'a', '--users', '400'],
      'outcomes are for an A/B test, and the kind is "canary"',
    ],
    [
      'an unknown field of a metric',
      [...start, '--metric', 'a,colour=red'],
      '"colour=red" is no field of a metric: after its name it may have type, better, smallest, role and min-users',
    ],
    ['a field without a value', [...start, '--metric', 'a,better'], '"better" is no field'],
    ['no number', [...start, '--metric', 'a,smallest=few'], 'Expected a number in "smallest=few".'],
    [
      'another direction',
      [...start, '--metric', 'a,better=more', '--users', '400'],
      'outcomes.metrics[0].better must be "higher" or "lower", got "more"',
    ],
    [
      'a split by request',
      [...conversion, '--split-by', 'request'],
      'unit is "request", but an A/B test counts users',
    ],
  ])('rejects %s', async (_, args, message) => {
    expect(await call(...args)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(message) as string,
    });
  });
});
