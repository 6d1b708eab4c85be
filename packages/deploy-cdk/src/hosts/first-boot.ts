import { awsDomain, deploymentPackages, renderFirstBoot, type HostAgent } from '@fairlead/deploy';
import type { Deployment } from '@fairlead/deploy-config';
import { Aws, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

import type { UpdateOptions } from '../updates/update-options.ts';
import { DEFAULT_PREFIX, type ReleaseOptions } from './release-options.ts';

/** Values that the user data of hosts is rendered from. */
export interface FirstBootProps {
  readonly deployment: Deployment;
  readonly release: ReleaseOptions;
  readonly updates: UpdateOptions;
  /** Architecture of Debian's packages. */
  readonly architecture: 'amd64' | 'arm64';
  /** The image has the packages of Debian. */
  readonly hasPackages: boolean;
  /** Name of the Auto Scaling group. */
  readonly group: string;
  readonly lifecycleHook: string;
  /** Address for the first signals of a stack; a token. @defaultValue none */
  readonly signalUrl: string | undefined;
}

/** Stand for values that CloudFormation knows, which `renderFirstBoot` would refuse. */
const REGION = 'zz-region-1';
const SIGNAL_URL = 'https://signal.invalid/';

/** Renders the user data of hosts. */
export function firstBoot(scope: Construct, props: FirstBootProps): string {
  const { deployment, release, updates, group, lifecycleHook, signalUrl, hasPackages } = props;
  const { region: ofStack } = Stack.of(scope);
  const region = Token.isUnresolved(ofStack) ? REGION : ofStack;
  const { bucket, prefix = DEFAULT_PREFIX } = release;
  const options = {
    agents: agentsOf(props, region),
    ...(release.trustedKeys !== undefined && { trustedKeys: release.trustedKeys }),
    signal: [
      { group, lifecycleHook, region },
      ...(signalUrl === undefined ? [] : [{ url: SIGNAL_URL }]),
    ],
  };
  const packages = hasPackages ? [] : deploymentPackages(deployment);
  const text =
    updates.kind === 'inPlace' || release.release === undefined
      ? renderFirstBoot({
          ...options,
          packages,
          source: { parameter: parameterOf(updates), bucket, prefix, region },
        })
      : renderFirstBoot({
          ...options,
          release: release.release,
          source: { bucket, key: `${prefix}${release.release.digest}.tar`, region },
          packages: hasPackages ? [] : release.release.packages,
        });
  return text
    .replaceAll(`${REGION}.${awsDomain(REGION)}`, `${Aws.REGION}.${Aws.URL_SUFFIX}`)
    .replaceAll(REGION, Aws.REGION)
    .replace(SIGNAL_URL, signalUrl ?? '');
}

function parameterOf(updates: UpdateOptions): string {
  return updates.kind === 'inPlace' ? updates.parameter : '';
}

/** Agents of AWS, which images of Debian lack; both are in buckets that hosts reach without the internet. */
function agentsOf({ deployment, architecture }: FirstBootProps, region: string): HostAgent[] {
  const s3 = `s3.${region}.${awsDomain(region)}`;
  const agents = [
    {
      name: 'amazon-ssm-agent',
      // https://docs.aws.amazon.com/systems-manager/latest/userguide/agent-install-deb.html
      url: `https://${s3}/amazon-ssm-${region}/latest/debian_${architecture}/amazon-ssm-agent.deb`,
    },
  ];
  if (deployment.cloudWatch === undefined) return agents;
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/download-CloudWatch-Agent-on-EC2-Instance-commandline-first.html
  const path = `debian/${architecture}/latest/amazon-cloudwatch-agent.deb`;
  return [
    ...agents,
    {
      name: 'amazon-cloudwatch-agent',
      url: `https://${s3}/amazoncloudwatch-agent-${region}/${path}`,
    },
  ];
}
