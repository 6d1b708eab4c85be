import type { Environment } from '@fairlead/deploy-config';

/** Returns the region of the stack of an environment: that of its hosts by default; `undefined` for the one of the AWS SDK. */
export function stackRegion({
  environment: { stack, hosts, ssm },
}: {
  readonly environment: Pick<Environment, 'stack' | 'hosts' | 'ssm'>;
}): string | undefined {
  const ofGroup = 'autoScalingGroup' in hosts ? hosts.region : undefined;
  return stack?.region ?? ofGroup ?? ssm?.region;
}
