import type { ChosenEnvironment } from '../config/read-config.ts';

/** Returns the region of the stack of an environment: that of its hosts by default; `undefined` for the one of the AWS SDK. */
export function stackRegion({
  environment: { stack, hosts, ssm },
}: ChosenEnvironment): string | undefined {
  const ofGroup = 'autoScalingGroup' in hosts ? hosts.region : undefined;
  return stack?.region ?? ofGroup ?? ssm?.region;
}
