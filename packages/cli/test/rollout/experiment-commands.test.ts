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
  the candidate needs, to be promoted, at least 1381 users without a failure (a rate below 0.5 %)
  expected: 20000 users; it decides fastest at 5000
  ends undecided after 672 hours: version 1 stays
`,
    );
    const short = [
      '--steps',
      '50',
      '--step-time',
      '1m',
      '--step-requests',
      '1',
      '--max-time',
      '1h',
    ];
    const one = await succeed(...conversion, ...short, '--dry-run');
    expect(one).toContain('step 1: 50 % for at least 1 minute and 1 request\n');
    expect(one).toContain('ends undecided after 1 hour: version 1 stays\n');
    const dry = await succeed(...start, ...options, '--dry-run', '--json');
    writeFileSync(join(place.folder, 'plan.json'), dry);
    const { plan } = JSON.parse(dry) as { readonly plan: object };
    const text = await succeed('rollout', 'start', 'digits', '2', '--plan', 'plan.json', '--json');
    expect(JSON.parse(text)).toEqual({ model: 'digits', number: 1, plan });
  });

  test('warns of guardrails that need more users than are expected', async () => {
    const few = await call(...start, '--metric', 'conversion', '--users', '600', '--dry-run');
    expect(few).toMatchObject({
      exitCode: 0,
      stderr:
        'fairlead: failures needs at least 1381 users of the candidate, and 300 of the 600 expected users are: the test may end undecided; run it until there are 2762 (--users), or tolerate more than 0.5 % failures (--tolerated)\n',
    });
    const tolerant = await call(
      ...[...start, '--metric', 'conversion', '--users', '600', '--tolerated', '5', '--dry-run'],
    );
    expect(tolerant).toMatchObject({ exitCode: 0, stderr: '' });
    expect(tolerant.stdout).toMatch(/at least \d+ users without a failure \(a rate below 5 %\)/);
    const total = [...start, '--metric', 'revenue,type=total', '--users', '3000', '--steps', '10'];
    expect((await call(...total, '--tolerated', '10', '--dry-run')).stderr).toContain(
      'revenue needs at least 1000 users of each version, and 300 of the 3000 expected users are: the test may end undecided; run it until there are 10000 (--users)\n',
    );
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

  test('takes outcomes from a file, once although it is imported again, and not from before its begin', async () => {
    const file = (name: string, rows: readonly string[]): void => {
      writeFileSync(join(place.folder, name), ['key,metric,value,at', ...rows, ''].join('\n'));
    };
    file('early.csv', [
      'user-1,conversion,1,2026-11-29T11:59:59Z',
      'user-2,conversion,1,2026-11-29T12:00:01Z',
    ]);
    const early = await call('rollout', 'import', 'digits', 'early.csv');
    expect(early).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('digits has no rollout yet') as string,
    });
    await succeed(...conversion);
    after(1);
    await traffic({ requests: 300 });
    file('mixed.csv', [
      ...['user-1,conversion,1,2026-11-29T11:59:59Z', 'user-2,conversion,1,2026-11-29T12:00:01Z'],
      'user-never,conversion,1,2026-11-29T12:00:01Z',
    ]);
    expect(await succeed('rollout', 'import', 'digits', 'mixed.csv', '--dry-run')).toBe(
      `A dry run would import 1 outcome for rollout digits-1.
1 outcome of the file is from before its start, and doesn't count.
1 outcome of the file is of a user to whom no answer is known, and doesn't count. Answers are known after a minute: import the file again then if the outcomes are recent.
`,
    );
    const users = Array.from({ length: 400 }, (_, user) => `user-${user},conversion,1,`);
    file('all.csv', users);
    for (let times = 0; times < 2; times += 1) {
      expect(await succeed('rollout', 'import', 'digits', 'all.csv', '--json')).toBe(
        `${JSON.stringify(
          {
            ...{ model: 'digits', number: 1, outcomes: 400, counted: 300 },
            uncounted: [{ reason: 'unknown_user', outcomes: 100 }],
          },
          null,
          2,
        )}\n`,
      );
    }
    const { verdict } = JSON.parse(await succeed('rollout', 'status', 'digits', '--json')) as {
      readonly verdict: { readonly outcomes: readonly [{ readonly reported: object }] };
    };
    const { candidate = 0, baseline = 0 } = verdict.outcomes[0].reported as {
      readonly candidate?: number;
      readonly baseline?: number;
    };
    expect(candidate + baseline).toBe(300);

    const good = 'user-1,conversion,1,';
    for (const [row, message] of [
      [',conversion,1,', 'line 3: it has no key of 1 to 1024 characters'],
      ['user-1,revenue,1,', 'line 3: its metric is none of the test, which has conversion'],
      ['user-1,conversion,yes,', 'line 3: its value is no number from -1e12 to 1e12'],
      ['user-1,conversion,1e99,', 'line 3: its value is no number'],
      ['user-1,conversion,,', 'line 3: its value is no number'],
      ['user-1,conversion,2,', 'line 3: its value 2 is neither 0 nor 1'],
      ['user-1,conversion,1,soon', 'line 3: its time is neither milliseconds'],
      ['user-1,conversion,1,2027-01-01T00:00:00Z', 'line 3: its time 2027-01-01T00:00:00.000Z is'],
      ['user-1,conversion,1', 'line 3: it has 3 cells, and the table 4 columns'],
    ] as const) {
      file('bad.csv', [good, row]);
      expect(await call('rollout', 'import', 'digits', 'bad.csv')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(
          `bad.csv has 1 invalid row, and nothing was imported: ${message}`,
        ) as string,
      });
    }
    writeFileSync(join(place.folder, 'bad.csv'), 'key,value\nuser-1,1\n');
    expect((await call('rollout', 'import', 'digits', 'bad.csv')).stderr).toContain(
      'bad.csv has no column "metric"; it has "key", "value"',
    );
    await succeed('rollout', 'abort', 'digits');
    expect((await call('rollout', 'import', 'digits', 'all.csv')).stderr).toContain(
      'digits has no A/B test that runs: outcomes count until its end only',
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
