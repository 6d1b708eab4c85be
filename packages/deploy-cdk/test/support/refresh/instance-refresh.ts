import { setTimeout as sleep } from 'node:timers/promises';

import type { ErrorAlarm } from './error-alarm.ts';
import type { GroupTemplate } from './group-template.ts';
import type { HostGroup } from './host-group.ts';

/** Times faster than on AWS that the waits of a refresh are. */
const SPEED = 20;

/** Result of an instance refresh, in the words of `DescribeInstanceRefreshes`. */
export interface RefreshResult {
  readonly status: 'Successful' | 'Failed';
  readonly reason: string;
  /** Instances that were replaced. */
  readonly replaced: number;
  /** Checkpoints, in percent, at which it waited. */
  readonly checkpoints: readonly number[];
  /** Fewest instances in service during the refresh. */
  readonly fewestInService: number;
}

/** Group of a refresh, and the template that it is updated to. */
export interface RefreshProps {
  readonly group: HostGroup;
  readonly template: GroupTemplate;
  /** Alarm that fails it. @defaultValue none: a rollback, which AWS begins while the alarm of the failed refresh is on */
  readonly alarm?: ErrorAlarm;
}

class RefreshFailure extends Error {}

/**
 * Simulates an instance refresh of EC2 Auto Scaling that launches before it terminates, with the preferences of a template; all waits are {@link SPEED} times
 * shorter. It differs from AWS in one respect: it fails with the first launch that is abandoned, where AWS tries further ones first.
 *
 * Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html
 */
export async function refreshInstances({
  group,
  template,
  alarm,
}: RefreshProps): Promise<RefreshResult> {
  const { preferences, userData } = template;
  if (preferences.MinHealthyPercentage < 100) throw new Error('would terminate before it launches');
  const outdated = group.instances.filter((each) => each.userData !== userData);
  const checkpoints: number[] = [];
  let replaced = 0;
  let fewestInService = group.instances.length;
  const result = (status: RefreshResult['status'], reason: string): RefreshResult => {
    return { status, reason, replaced, checkpoints, fewestInService };
  };
  try {
    for (const instance of outdated) {
      if (!(await group.launch(userData))) throw new RefreshFailure('a launch was abandoned');
      await wait(preferences.InstanceWarmup, template, alarm);
      await group.terminate(instance);
      fewestInService = Math.min(fewestInService, group.instances.length);
      replaced += 1;
      const percent = (100 * replaced) / outdated.length;
      const passed = preferences.CheckpointPercentages.filter(
        (each) => each <= percent && !checkpoints.includes(each),
      );
      checkpoints.push(...passed);
      if (passed.length > 0) await wait(preferences.CheckpointDelay, template, alarm);
    }
    await wait(preferences.BakeTime, template, alarm);
  } catch (error) {
    if (error instanceof RefreshFailure) return result('Failed', error.message);
    throw error;
  }
  return result('Successful', '');
}

/** Waits for some seconds of AWS; fails when the alarm goes off. */
async function wait(
  seconds: number,
  { alarm: { period } }: GroupTemplate,
  alarm: ErrorAlarm | undefined,
): Promise<void> {
  for (let waited = 0; waited < seconds; waited += period) {
    await sleep((Math.min(period, seconds - waited) * 1_000) / SPEED);
    if (await alarm?.endPeriod()) throw new RefreshFailure('an alarm went off');
  }
}
