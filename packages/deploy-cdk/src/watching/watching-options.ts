import type { Deployment } from '@fairlead/deploy-config';
import { Token } from 'aws-cdk-lib';

import { checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';

/** Alarms, logs and the dashboard of a service. */
export interface WatchingOptions {
  /** Models that get two alarms each, for failures and latency. Example: `['churn']`. @defaultValue those of `FAIRLEAD_MODELS` of the deployment */
  readonly models?: readonly string[];
  /** Addresses that get mail at the beginning and the end of an alarm; each has to confirm it. Example: `['on-call@example.com']`. @defaultValue none */
  readonly emails?: readonly string[];
  /** Share of failed requests above which alarms begin. Example: `0.01`. @defaultValue `0.05` */
  readonly failureShare?: number;
  /**
   * 99th percentile of the latency above which alarms begin, in milliseconds; at most `timeouts.requestMs` of the deployment. Example: `250`.
   * @defaultValue `1000`, or `timeouts.requestMs` where that is less
   */
  readonly latencyMs?: number;
  /** Days before the end of a certificate at which alarms begin. Example: `30`. @defaultValue `21` */
  readonly certificateDays?: number;
  /** Minutes that the oldest job may wait. Example: `60`. @defaultValue `15` */
  readonly jobWaitMinutes?: number;
  /** Beginning of the names of alarms and dashboard. Example: `'shop-staging'`. @defaultValue the name of the deployment */
  readonly prefix?: string;
}

/** Options with their defaults. */
export type ResolvedWatching = Required<WatchingOptions>;

/**
 * Fills in the defaults.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 */
export function resolveWatching(
  options: WatchingOptions,
  { name, gateway, timeouts }: Deployment,
): ResolvedWatching {
  checkOptions('watching', options, {
    models: 'optional',
    emails: 'optional',
    failureShare: 'optional',
    latencyMs: 'optional',
    certificateDays: 'optional',
    jobWaitMinutes: 'optional',
    prefix: 'optional',
  });
  const named = gateway.environment.FAIRLEAD_MODELS?.split(',').map((model) => model.trim());
  const { requestMs } = timeouts;
  const {
    models = named ?? [],
    emails = [],
    failureShare = 0.05,
    latencyMs = Math.min(1000, requestMs),
    certificateDays = 21,
    jobWaitMinutes = 15,
    prefix = name,
  } = options;
  if (!Token.isUnresolved(failureShare) && !(failureShare > 0 && failureShare < 1)) {
    throw invalidOption(
      `Option watching.failureShare is ${failureShare}: expected a share between 0 and 1, such as 0.05.`,
    );
  }
  checkWholeNumber('watching.latencyMs', latencyMs, { min: 1, max: requestMs });
  checkWholeNumber('watching.certificateDays', certificateDays, { min: 1, max: 365 });
  checkWholeNumber('watching.jobWaitMinutes', jobWaitMinutes, { min: 1, max: 20_160 });
  for (const email of emails) {
    if (/^[^@\s]+@[^@\s]+$/.test(email)) continue;
    throw invalidOption(
      `Option watching.emails has ${JSON.stringify(email)}: expected an address such as "on-call@example.com".`,
    );
  }
  return { models, emails, failureShare, latencyMs, certificateDays, jobWaitMinutes, prefix };
}
