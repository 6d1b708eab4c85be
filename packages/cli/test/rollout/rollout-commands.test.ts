import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

beforeEach(async () => {
  place = {
    folder: temporaryFolder(),
    env: { FAIRLEAD_REGISTRY: './registry', FAIRLEAD_ACTOR: 'ada' },
  };
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ now: Date.parse('2026-11-29T12:00:00Z'), toFake: ['Date'] });
  await succeed('registry', 'init');
  for (const file of [affine, affineNext, affine]) {
    await succeed('model', 'push', 'digits', file, '--skip-validation');
  }
  await succeed('model', 'promote', 'digits', '1');
});

const after = (minutes: number): void => {
  vi.setSystemTime(Date.now() + minutes * 60_000);
};

test('a candidate that breaks clients is started only on demand', async () => {
  const loans = join(import.meta.dirname, '../../../serving/test/models/loans.onnx');
  await succeed('model', 'push', 'digits', loans, '--skip-validation');
  const refused = await call('rollout', 'start', 'digits', '4');
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /version 4 of digits breaks clients of version 1, which get either during a rollout: input .+\. Push a version with the same signature, or add --allow-breaking/,
  );
  expect((await call('rollout', 'status', 'digits')).stderr).toContain('no rollout yet');
  const started = await succeed('rollout', 'start', 'digits', '4', '--allow-breaking');
  expect(started).toContain('Started rollout digits-1');
});

test('the distribution of scores is guarded by intervals', async () => {
  const start = ['rollout', 'start', 'digits', '2', '--dry-run'];
  expect(await succeed(...start, '--guard-scores')).toContain(
    'distribution of the scores (limits 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)',
  );
  expect(await succeed(...start, '--guard-scores=-1.5,0,20', '--json')).toContain(
    '"edges": [\n          -1.5,\n          0,\n          20\n',
  );
  for (const [option, problem] of [
    ['--guard-scores=high', 'Expected numbers such as 0.1,0.5,0.9'],
    ['--guard-scores=0.5,0.2', 'must be 1 to 22 ascending numbers'],
  ] as const) {
    const refused = await call(...start, option);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(problem);
  }
  const both = await call(...start, '--guard-scores', '--guard-labels');
  expect(both.stderr).toContain(
    "'--guard-scores [limits]' cannot be used with option '--guard-labels'",
  );
});

test('list shows the last rollout of each model, or those that are active', async () => {
  expect(await succeed('rollout', 'list')).toBe('No rollout.\n');
  await succeed('rollout', 'start', 'digits', '2');
  await succeed('rollout', 'abort', 'digits');
  after(5);
  await succeed('rollout', 'start', 'digits', '2', '--kind', 'shadow');
  for (const file of [affine, affineNext]) {
    await succeed('model', 'push', 'wine', file, '--skip-validation');
  }
  await succeed('model', 'promote', 'wine', '1');
  await succeed('rollout', 'start', 'wine', '2');
  after(5);
  await succeed('rollout', 'abort', 'wine');
  expect(await succeed('rollout', 'list')).toBe(
    `rollout   kind    version  against  status   step    since
digits-2  shadow  2        1        running  1 of 1  2026-11-29T12:05:00Z
wine-1    canary  2        1        aborted  1 of 3  2026-11-29T12:10:00Z
`,
  );
  const active = await succeed('rollout', 'list', '--active', '--json');
  expect(JSON.parse(active)).toMatchObject([{ model: 'digits', number: 2, status: 'running' }]);
  mkdirSync(join(place.folder, 'registry/rollouts/a/0001'), { recursive: true });
  writeFileSync(join(place.folder, 'registry/rollouts/a/0001/00000001.json'), '{');
  const damaged = await call('rollout', 'list');
  expect(damaged).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('wine-1') as string,
  });
  expect(damaged.stderr).toContain('rollouts/a/0001/00000001.json: it is not JSON');
  rmSync(join(place.folder, 'registry/rollouts/a'), { recursive: true });
  await succeed('rollout', 'abort', 'digits');
  expect(await succeed('rollout', 'list', '--active')).toBe('No rollout is active.\n');
});

describe('maintenance', () => {
  test('gc sums up the counts of rollouts, the report stays, and prune retains the versions of a rollout', async () => {
    await succeed('rollout', 'start', 'digits', '2', '-m', 'retrained');
    await traffic({ requests: 300 });
    const pruned = await succeed('model', 'prune', 'digits', '--keep-last', '1', '--dry-run');
    expect(pruned).toContain('A dry run would prune versions: none.');
    expect(pruned).toContain('Retained because of a rollout: 1, 2.');
    await succeed('rollout', 'abort', 'digits', '-m', 'enough');
    const report = await succeed('rollout', 'report', 'digits');
    expect(await succeed('model', 'gc', '--dry-run')).not.toContain('counts of rollouts');
    after(181);
    const dry = await succeed('model', 'gc', '--dry-run');
    expect(dry).toMatch(/It would sum up [1-9]\d* objects? with counts of rollouts\./);
    expect(await succeed('model', 'gc', '--yes')).toContain(
      dry.slice(dry.indexOf('It would sum')).replace('It would sum', 'Summed'),
    );
    expect(await succeed('model', 'gc', '--yes')).not.toContain('counts of rollouts');
    expect(await succeed('rollout', 'report', 'digits')).toBe(report);
    const counts = join(place.folder, 'registry/rollouts/digits/0001/counts');
    expect(readFileSync(join(counts, '00.json'), 'utf8')).toContain('"rollout":"digits-1"');
    expect(await succeed('model', 'prune', 'digits', '--keep-last', '1', '--dry-run')).toContain(
      'A dry run would prune versions: 2.',
    );
  });
});

describe('a rollout from the command line', () => {
  test('goes from step to step, is shown, and ends with the promotion, which is in the history', async () => {
    const started = await succeed(
      'rollout',
      'start',
      'digits',
      '2',
      '--steps',
      '20,50',
      '-m',
      'retrained',
    );
    expect(started).toBe(
      `Started rollout digits-1: version 2 against version 1.
  canary, split by user
  step 1: 20 % for at least 10 minutes and 100 requests
  step 2: 50 % for at least 10 minutes and 100 requests
  guarded: failures up to 1.5 times those of the baseline, or below 0.5 %
  the candidate needs, to be promoted, at least 1381 users without a failure (a rate below 0.5 %)
  rolled back if undecided after 168 hours

Watch it: fairlead rollout status digits --watch
`,
    );
    await traffic({ requests: 2000 });
    after(4);
    const status = await succeed('rollout', 'status', 'digits');
    expect(status).toMatch(
      /^rollout {2}digits-1: version 2 against 1, canary, split by users\nstatus {3}running\nstep {5}1 of 2: 20 % for 4 minutes \(at least 10\), \d+ requests of the candidate \(at least 100\)\nverdict {2}insufficient data: step 1 has lasted 4 of 10 minutes\n/,
    );
    expect(status).toMatch(/^1 +20 % +(19|20|21)(\.\d+)? % +\d+ +\d+$/m);
    expect(status).toMatch(
      /^failures +undecided +failures: none yet, with \d+ users of the candidate; \d+ without one show a rate below the tolerated 0\.5 %$/m,
    );
    expect(status).toMatch(/^2026-11-29T12:00:00Z +ada +started +retrained$/m);
    after(10);
    await traffic({ requests: 2000, judge: true });
    expect(await succeed('rollout', 'status', 'digits')).toContain('step     2 of 2: 50 %');
    after(11);
    await traffic({ requests: 4000, judge: true });
    const ended = await succeed('rollout', 'status', 'digits');
    expect(ended).toMatch(/^status {3}promoted$/m);
    expect(ended).toMatch(/^reason {3}failures: 0 of \d+ users, below the tolerated 0\.5 %$/m);
    expect(await succeed('model', 'show', 'digits')).toMatch(/champion\s+2|2.*champion/s);
    expect(await succeed('model', 'history', 'digits')).toMatch(
      /gateway +set "champion" to version 2 \(was 1\)\n {2}reason: failures: 0 of \d+ users, below the tolerated 0\.5 %/,
    );
  });

  test('a candidate that fails is rolled back, and the history of the model has the reason', async () => {
    await succeed('rollout', 'start', 'digits', '2', '--steps', '50');
    await traffic({
      requests: 2000,
      fails: (version, request) => version === '2' && request % 20 === 0,
      judge: true,
    });
    const status = await succeed('rollout', 'status', 'digits');
    expect(status).toMatch(/^status {3}rolled back$/m);
    const history = await succeed('model', 'history', 'digits');
    expect(history).toMatch(/rollout digits-1 of version 2 started/);
    expect(history).toMatch(
      /rollout digits-1 of version 2 rolled back\n {2}reason: failures: at least \d+\.\d\d times the rate of the baseline/,
    );
    const limited = await succeed('model', 'history', 'digits', '--alias', 'champion');
    expect(limited).not.toContain('rollout');
  });

  test('is paused, resumed and aborted, each with actor and reason', async () => {
    await succeed('rollout', 'start', 'digits', '2');
    expect(await succeed('rollout', 'pause', 'digits', '-m', 'weekend')).toBe(
      'Rollout digits-1 of version 2 is paused: its share stays as it is.\n',
    );
    expect(await call('rollout', 'pause', 'digits')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('Rollout digits-1 is already paused.') as string,
    });
    expect(await succeed('rollout', 'status', 'digits')).toMatch(/ada +paused +weekend$/m);
    await succeed('rollout', 'resume', 'digits');
    expect(await succeed('rollout', 'abort', 'digits', '-m', 'odd answers')).toBe(
      'Rollout digits-1 of version 2 has ended: gateways send the candidate no further request.\n',
    );
    expect(await call('rollout', 'resume', 'digits')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('has ended (aborted); start another one.') as string,
    });
  });

  test('a second one waits for the end of the first', async () => {
    await succeed('rollout', 'start', 'digits', '2');
    expect(await call('rollout', 'start', 'digits', '3')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(
        'Rollout digits-1 of version 2 is still active. Wait for its end, or abort it.',
      ) as string,
    });
    await succeed('rollout', 'abort', 'digits');
    expect(await succeed('rollout', 'start', 'digits', '3')).toContain('Started rollout digits-2');
    expect(await succeed('rollout', 'status', 'digits', '--number', '1')).toContain('aborted');
    expect(await call('rollout', 'status', 'digits', '--number', '7')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('digits has no rollout 7') as string,
    });
  });

  test('is promoted by hand, through the gates', async () => {
    await succeed('model', 'gates', 'set', 'digits', 'champion', 'accuracy >= 0.9');
    const started = await call('rollout', 'start', 'digits', '2');
    expect(started).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(
        /version 2 fails the gate .*accuracy.*: it would not be promoted/,
      ) as string,
    });
    expect((await call('rollout', 'promote', 'digits')).exitCode).toBe(1);
    expect(await succeed('rollout', 'status', 'digits')).toMatch(/^status {3}running$/m);
    expect(await succeed('rollout', 'status', 'digits')).toMatch(
      /ada +hold +the promotion was rejected: .*accuracy/,
    );
    await succeed('model', 'gates', 'set', 'digits', 'champion', '--none');
    expect(await succeed('rollout', 'promote', 'digits', '-m', 'urgent')).toBe(
      '"champion" of digits points to version 2 now; rollout digits-1 has ended.\n',
    );
    expect(await call('rollout', 'promote', 'digits')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(
        'the last rollout has ended: use "fairlead model promote digits 2"',
      ) as string,
    });
  });

  test('a plan comes from options and a file; a dry run starts nothing', async () => {
    writeFileSync(
      join(place.folder, 'plan.json'),
      JSON.stringify({ steps: [{ share: 0.3 }], guardrails: { labels: {} }, maxHours: 5 }),
    );
    const plan = JSON.parse(
      await succeed(
        'rollout',
        'start',
        'digits',
        '2',
        '--plan',
        'plan.json',
        '--step-time',
        '30m',
        '--step-requests',
        '7',
        '--split-by',
        'request',
        '--tolerated',
        '0.1',
        '--margin',
        '20',
        '--slow-over',
        '250',
        '--dry-run',
        '--json',
      ),
    ) as unknown;
    expect(plan).toEqual({
      model: 'digits',
      number: null,
      plan: {
        ...{
          kind: 'canary',
          alias: 'champion',
          baseline: '1',
          candidate: '2',
          unit: 'request',
          alpha: 0.05,
          maxHours: 5,
        },
        steps: [{ share: 0.3, minMinutes: 30, minRequests: 7 }],
        guardrails: {
          failures: { margin: 0.2, tolerated: 0.001 },
          slow: { overMs: 250, margin: 0.5, tolerated: 0.005 },
          labels: { margin: 0.5 },
        },
      },
    });
    expect(await call('rollout', 'status', 'digits')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(
        'digits has no rollout yet: start one with "fairlead rollout start digits <version>"',
      ) as string,
    });
  });

  test.each<[string, readonly string[], number, string]>([
    ['an unknown model', ['start', 'digit', '2'], 4, 'digit'],
    ['an unknown version', ['start', 'digits', '9'], 4, '9'],
    [
      'the champion itself',
      ['start', 'digits', '1'],
      2,
      'candidate is version 1, which is the baseline',
    ],
    [
      'a step of everybody',
      ['start', 'digits', '2', '--steps', '100'],
      2,
      'steps[0].share must be a number from 0.0001 to 0.9999, got 1',
    ],
    ['steps that shrink', ['start', 'digits', '2', '--steps', '50,10'], 2, 'steps[1].share is 0.1'],
    [
      'no number',
      ['start', 'digits', '2', '--steps', 'few'],
      2,
      'Expected percents such as 10 or 0.5.',
    ],
    [
      'a plan that is no JSON',
      ['start', 'digits', '2', '--plan', 'broken.json'],
      2,
      'cannot use broken.json as the plan',
    ],
    [
      'a plan with an unknown field',
      ['start', 'digits', '2', '--plan', 'typo.json'],
      2,
      'unknown field "guardrail"; did you mean guardrails?',
    ],
  ])('rejects %s', async (_, args, exitCode, message) => {
    writeFileSync(join(place.folder, 'broken.json'), '{');
    writeFileSync(join(place.folder, 'typo.json'), '{"guardrail": {}}');
    expect(await call('rollout', ...args)).toMatchObject({
      exitCode,
      stderr: expect.stringContaining(message) as string,
    });
  });

  test('status --watch shows it until it has ended', async () => {
    await succeed('rollout', 'start', 'digits', '2');
    const watching = call('rollout', 'status', 'digits', '--watch', '--interval', '1s');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await succeed('rollout', 'abort', 'digits');
    const { exitCode, stdout, stderr } = await watching;
    // On a slow machine it may have ended before it was shown the first time.
    expect(stdout.match(/^status +(\w+)$/gm)?.at(-1)).toBe('status   aborted');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('rollout digits-1 was aborted: by hand');
    await succeed('rollout', 'start', 'digits', '2');
    await succeed('rollout', 'promote', 'digits');
    expect(await succeed('rollout', 'status', 'digits', '--watch')).toMatch(/^status +promoted$/m);
  });

  test('report writes a page with pictures', async () => {
    await succeed('rollout', 'start', 'digits', '2', '--steps', '50');
    await traffic({ requests: 1000 });
    await succeed('rollout', 'report', 'digits', '--format', 'html', '--out', 'rollout.html');
    const html = readFileSync(join(place.folder, 'rollout.html'), 'utf8');
    expect(html).toContain('<h1>Rollout digits-1: version 2 against version 1</h1>');
    const json = JSON.parse(await succeed('rollout', 'report', 'digits', '--json')) as {
      verdict: { requests: { candidate: number } };
    };
    expect(json.verdict.requests.candidate).toBeGreaterThan(400);
  });
});
