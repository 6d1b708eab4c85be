import { httpCall, slowness, until } from '@fairlead/test-support';
import { describe, expect, test } from 'vitest';
import { startAffineUpstream } from '../support/affine-upstream.ts';
import { noticeSecret, startReceiver } from '../support/notice-receiver.ts';
import { upstreamVersion } from '../support/sample-registry.ts';
import type { StartedGateway } from '../support/start-gateway.ts';
import { body, by, startFleet, startLoad } from './start-fleet.ts';

/** First output of each version for the body of the requests. */
const results: Readonly<Record<string, string>> = { 1: '[3,5]', 2: '[103,105]' };
const VARIANTS: Readonly<Record<string, string>> = { 1: 'baseline', 2: 'candidate' };

describe('a rollout', () => {
  test('of a good candidate moves users in three gateways from step to step and promotes it, without a failed request', async ({
    annotate,
  }) => {
    const { fleet, begin, ended, registry } = await startFleet({ gateways: 3 });
    const load = startLoad(fleet, 300);
    const step = { minMinutes: 0.03, minRequests: 20 };
    await begin({
      steps: [
        { share: 0.1, ...step },
        { share: 0.5, ...step },
      ],
      // A thousand users without a failure show less than 2 %.
      guardrails: { failures: { tolerated: 0.02 } },
    });
    const state = await ended();
    expect(state).toMatchObject({ result: 'promoted', step: 1 });
    expect((await registry.resolve('affine', 'champion')).version).toBe(2);
    await until(() => {
      const recent = load.responses.slice(-100);
      return recent.length === 100 && recent.every(({ version }) => version === '2');
    });
    await load.stop();
    const { responses, failures, sent } = load;
    expect(failures).toEqual([]);
    expect(responses).toHaveLength(sent);
    const wrong = responses.filter(
      ({ status, version, variant, body: text }) =>
        status !== 200 ||
        !text.includes(results[version] ?? 'unknown') ||
        (variant !== undefined && variant !== VARIANTS[version]),
    );
    expect(wrong).toEqual([]);
    // A user who got the candidate once never got the version before again, in any gateway that has loaded the candidate.
    const moved = new Set<number>();
    const splitting = new Set<number>();
    const returned = responses.filter(({ user, gateway, version, variant }) => {
      if (variant !== undefined) splitting.add(gateway);
      if (version === '2') moved.add(user);
      return version === '1' && moved.has(user) && splitting.has(gateway);
    });
    expect(splitting.size).toBe(3);
    await annotate(`${sent} requests, ${returned.length} of users who returned to the baseline`);
    expect(returned).toEqual([]);
    const history = await registry.model('affine').timeline();
    expect(JSON.stringify(history)).toContain('below the tolerated 2 %');
  });

  test('of a candidate that begins to fail costs no client its answer, and ends within seconds in every gateway', async ({
    annotate,
  }) => {
    const upstream = await startAffineUpstream();
    const receiver = await startReceiver();
    const { fleet, begin, ended, registry } = await startFleet({
      gateways: 3,
      candidate: upstreamVersion('affine'),
      variables: {
        FAIRLEAD_FLASK_ADDRESS: upstream.address,
        FAIRLEAD_NOTICE_WEBHOOKS: `http://${receiver.host}/hook`,
        FAIRLEAD_NOTICE_SECRETS: noticeSecret,
      },
    });
    const load = startLoad(fleet, 100);
    await begin({ steps: [{ share: 0.5, minMinutes: 60 }] });
    await until(() => load.responses.filter(({ version }) => version === '2').length > 50);
    upstream.fail();
    const failedAt = performance.now();
    const state = await ended();
    expect(state.result).toBe('rolled back');
    const foundMs = performance.now() - failedAt;
    // A gateway that is stopped for a moment may find the fault by its counts first.
    expect(state.entries.at(-1)?.reason).toMatch(
      /^(\d+ of \d+ requests of the candidate failed within 10 seconds|the last \d+ requests of the candidate failed|failures: at least .+ the rate of the baseline)/,
    );
    await until(() => load.responses.slice(-100).every(({ variant }) => variant === undefined));
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.responses.filter(({ status }) => status !== 200)).toEqual([]);
    const answered = load.responses.filter(({ fallback }) => fallback !== undefined);
    expect(answered.length).toBeGreaterThan(0);
    expect(answered.every(({ version }) => version === '1')).toBe(true);
    const lastMs = Math.max(...answered.map(({ at }) => at)) - failedAt;
    await annotate(
      `found after ${foundMs.toFixed(0)} ms, last request to the candidate after ${lastMs.toFixed(0)} ms, ${answered.length} answered by the baseline`,
    );
    expect(foundMs).toBeLessThan(10_000 * slowness());
    expect(lastMs).toBeLessThan(15_000 * slowness());
    expect((await registry.resolve('affine', 'champion')).version).toBe(1);
    // The gateway that ended it sends a notice; those about the failures come from each.
    const notices = () => receiver.of('/hook').filter((notice) => notice.includes('"rollout"'));
    await until(() => notices().length > 0);
    expect(notices()).toHaveLength(1);
    expect(notices()[0]).toContain('affine: rollout affine-1 of version 2 rolled back: ');
    // The candidate doesn't stay in memory.
    await until(async () => {
      const { body: text } = (await fleet[0]?.call('/v2/models/affine')) ?? {};
      return text?.includes('"versions":["1"]');
    });
  });

  test('is followed by a gateway that starts later, with the same variants', async () => {
    const { fleet, begin, start, log } = await startFleet();
    await begin({ steps: [{ share: 0.5 }] });
    const versionsOf = async ({ address }: StartedGateway) => {
      const versions: (string | undefined)[] = [];
      for (let user = 0; user < 40; user += 1) {
        const headers = { 'x-user-id': `user-${user}` };
        const response = await httpCall(address, '/v2/models/affine/infer', { body, headers });
        versions.push(response.headers['fairlead-variant'] as string | undefined);
      }
      return versions;
    };
    const assigned = (gateway: StartedGateway) =>
      until(async () => {
        const versions = await versionsOf(gateway);
        return versions.includes(undefined) ? undefined : versions;
      });
    const [first] = fleet;
    if (first === undefined) throw new Error('no gateway');
    const versions = await assigned(first);
    expect(new Set(versions)).toEqual(new Set(['baseline', 'candidate']));
    expect(await assigned(await start())).toEqual(versions);
    const metrics = async (): Promise<string> => (await first.call('/metrics')).body;
    const labels = 'model="affine",rollout="affine-1"';
    // Judged with the counts of the users above.
    const page = await until(async () => {
      const text = await metrics();
      return text.includes('fairlead_rollout_verdict{') ? text : undefined;
    });
    expect(page).toContain(`fairlead_rollout_share{${labels},candidate="2"} 0.5\n`);
    expect(page).toContain(`fairlead_rollout_verdict{${labels},decision="insufficient data"} 1\n`);
    expect(page).toMatch(
      /^fairlead_rollout_evidence_ratio\{[^}]*guardrail="failures"\} -?[\d.e-]+$/m,
    );
    expect(page).toMatch(/^fairlead_rollout_requests_total\{[^}]*variant="candidate"\} [1-9]\d*$/m);
    expect(page).toContain('fairlead_rollout_hard_failures_total{model="affine"} 0\n');
    await log.change({ type: 'paused', ...by, reason: 'weekend' });
    await until(async () => (await metrics()).includes(`fairlead_rollout_paused{${labels}} 1\n`));
    await log.change({ type: 'ended', result: 'aborted', ...by, reason: 'enough' });
    await until(async () => !(await metrics()).includes('fairlead_rollout_share{'));
    await until(async () => (await versionsOf(first)).every((variant) => variant === undefined));
    expect(await first.logged('rollout-changed')).toMatchObject({
      ...{ model: 'affine', rollout: 'affine-1', change: 'started' },
    });
  });

  test('is ignored with FAIRLEAD_ROLLOUTS=off', async () => {
    const { fleet, begin } = await startFleet({ variables: { FAIRLEAD_ROLLOUTS: 'off' } });
    await begin({ steps: [{ share: 0.9999 }] });
    const [gateway] = fleet;
    for (let user = 0; user < 20; user += 1) {
      const response = await gateway?.call('/v2/models/affine/infer', { body });
      expect(response?.headers['fairlead-version']).toBe('1');
    }
    const { body: text } = (await gateway?.call('/v2/models/affine')) ?? {};
    expect(text).toContain('"versions":["1"]');
  });
});
