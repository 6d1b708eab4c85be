import type { Carrier } from '@fairlead/deploy';
import { openAwsClient } from '../aws/open-aws-client.ts';
import { withAwsSdk } from '../aws/with-aws-sdk.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { hostLabel } from './select-hosts.ts';

/** Opens the way to a host of an environment: ssh, Systems Manager, or this machine. Messages name the host by its label. */
export async function openCarrier(url: string, chosen: ChosenEnvironment): Promise<Carrier> {
  return { ...(await open(url, chosen)), host: hostLabel(url) };
}

async function open(
  url: string,
  { name, environment, resolvePath }: ChosenEnvironment,
): Promise<Carrier> {
  if (url === 'local') return (await import('@fairlead/deploy/local')).localCarrier();
  if (url.startsWith('ssm://')) return openSsm(url.slice('ssm://'.length), name, environment.ssm);
  const { knownHostsFile, identityFile, configFile, connectTimeoutMs } = environment.ssh ?? {};
  const file = (path: string | undefined) => (path === undefined ? undefined : resolvePath(path));
  const { sshCarrier } = await import('@fairlead/deploy/ssh');
  return sshCarrier({
    url,
    knownHostsFile: file(knownHostsFile),
    identityFile: file(identityFile),
    configFile: file(configFile),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
  });
}

async function openSsm(
  instanceId: string,
  environment: string,
  ssm: ChosenEnvironment['environment']['ssm'],
): Promise<Carrier> {
  const { bucket = '', prefix = 'deploy', region } = ssm ?? {};
  return withAwsSdk(
    'hosts of Systems Manager need the AWS SDK: npm install @aws-sdk/client-ssm @aws-sdk/client-s3 @aws-sdk/s3-request-presigner',
    async () => {
      const { S3Client } = await import('@aws-sdk/client-s3');
      const { SSMClient } = await import('@aws-sdk/client-ssm');
      const { ssmCarrier } = await import('@fairlead/deploy/ssm');
      return ssmCarrier({
        ...{ instanceId, bucket, ssm: openAwsClient(SSMClient, region) },
        s3: openAwsClient(S3Client, region),
        // The role of another environment, which may share the bucket, can't read it.
        prefix: `${prefix.replace(/\/+$/, '')}/${environment}`,
      });
    },
  );
}
