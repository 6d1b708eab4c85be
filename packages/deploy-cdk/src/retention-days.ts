import { describeValue } from '@fairlead/signature';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';

import { invalidOption } from './check-options.ts';

const RETENTIONS = Object.values(RetentionDays).filter(
  (value): value is RetentionDays => typeof value === 'number' && value !== RetentionDays.INFINITE,
);

/**
 * Returns the retention of a log group.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` for a number that CloudWatch Logs doesn't offer.
 */
export function retentionOf(name: string, days: unknown): RetentionDays {
  const found = RETENTIONS.find((value) => value === days);
  if (found !== undefined) return found;
  throw invalidOption(
    `${name} is ${describeValue(days)}: CloudWatch Logs offers ${RETENTIONS.join(', ')} days.`,
  );
}
