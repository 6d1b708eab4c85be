import { describeValue } from '@fairlead/signature';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';

import { checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';

/** Each release is a new launch template, and new hosts replace the old ones; the stack rolls back when a host fails or an alarm goes off. */
export interface ImmutableUpdates {
  /** Replaces hosts with each release. Example: `'immutable'`. */
  readonly kind: 'immutable';
  /** Shares of replaced hosts, in percent, after which the refresh waits; the last is 100. Example: `[10, 100]`. @defaultValue `[10, 50, 100]` */
  readonly checkpointPercentages?: readonly [number, ...number[]];
  /** Minutes that the refresh waits at each checkpoint, 1 to 2880. Example: `30`. @defaultValue `5` */
  readonly checkpointMinutes?: number;
  /** Minutes after the last host in which an alarm still fails the update, 0 to 2880. Example: `60`. @defaultValue `15` */
  readonly bakeMinutes?: number;
  /** Alarms that fail the update, 1 to 10. Example: `[latencyAlarm]`. @defaultValue an alarm for more than 1 % of responses with status 5xx */
  readonly alarms?: readonly IAlarm[];
}

/** Hosts stay, and `fairlead deploy` changes the release on them; a parameter of SSM has its digest for new hosts. */
export interface InPlaceUpdates {
  /** Changes the release on running hosts. Example: `'inPlace'`. */
  readonly kind: 'inPlace';
  /** Parameter in SSM that has the digest of the release that the fleet runs; it must exist before the stack. Example: `'/shop/prod/release'`. */
  readonly parameter: string;
}

/** Way of a release to the hosts. */
export type UpdateOptions = ImmutableUpdates | InPlaceUpdates;

/** Rejects wrong options. */
export function checkUpdateOptions(options: UpdateOptions): void {
  switch (options.kind) {
    case 'immutable': {
      checkImmutable(options);
      return;
    }
    case 'inPlace': {
      checkOptions('updates', options, { kind: 'required', parameter: 'required' });
      if (/^\/(?!aws\/|ssm\/)[\w.-]+(?:\/[\w.-]+)*$/i.test(options.parameter)) return;
      throw invalidOption(
        `Option updates.parameter is ${describeValue(options.parameter)}: expected the name of a parameter with a leading slash, such as "/shop/prod/release".`,
      );
    }
    default: {
      const { kind } = options as { readonly kind: unknown };
      throw invalidOption(
        `Option updates.kind is ${describeValue(kind)}: expected 'immutable' to replace hosts, or 'inPlace' to change the release on them.`,
      );
    }
  }
}

function checkImmutable(options: ImmutableUpdates): void {
  checkOptions('updates', options, {
    kind: 'required',
    checkpointPercentages: 'optional',
    checkpointMinutes: 'optional',
    bakeMinutes: 'optional',
    alarms: 'optional',
  });
  const { checkpointPercentages = [100], checkpointMinutes = 1, bakeMinutes = 0 } = options;
  const rises = checkpointPercentages.every(
    (value, i) => Number.isInteger(value) && value > (checkpointPercentages[i - 1] ?? 0),
  );
  if (!rises || checkpointPercentages.at(-1) !== 100) {
    throw invalidOption(
      `Option updates.checkpointPercentages is ${JSON.stringify(checkpointPercentages)}: expected rising whole numbers from 1 that end with 100, such as [10, 50, 100].`,
    );
  }
  checkWholeNumber('updates.checkpointMinutes', checkpointMinutes, { min: 1, max: 2880 });
  checkWholeNumber('updates.bakeMinutes', bakeMinutes, { min: 0, max: 2880 });
  const { alarms } = options;
  if (alarms !== undefined && (alarms.length < 1 || alarms.length > 10)) {
    throw invalidOption(
      `Option updates.alarms has ${alarms.length} alarms: an instance refresh takes 1 to 10; combine them in a composite alarm.`,
    );
  }
}
