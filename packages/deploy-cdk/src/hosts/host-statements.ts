import type { Deployment } from '@fairlead/deploy-config';
import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import type { UpdateOptions } from '../updates/update-options.ts';
import { argued } from '../nag/acknowledge.ts';
import { DEFAULT_PREFIX, type ReleaseOptions } from './release-options.ts';

/** Permissions of hosts that don't depend on a part such as storage. */
export interface HostStatementProps {
  readonly deployment: Deployment;
  readonly release: ReleaseOptions;
  readonly updates: UpdateOptions;
  /** Name of the Auto Scaling group. */
  readonly group: string;
}

/** End of the first boot, in the group of that name, whose ARN has an identifier that isn't known before. */
function groupStatements(group: string): readonly PolicyStatement[] {
  return [
    argued(
      'The ARN of the group has an identifier that is known only after the group.',
      new PolicyStatement({
        actions: ['autoscaling:CompleteLifecycleAction'],
        resources: [arn('autoscaling', `autoScalingGroup:*:autoScalingGroupName/${group}`)],
      }),
    ),
  ];
}

/** Returns the statements of the hosts' role. */
export function hostStatements(props: HostStatementProps): readonly PolicyStatement[] {
  return [
    ...agentStatements(),
    ...releaseStatements(props),
    ...secretStatements(props.deployment),
    ...groupStatements(props.group),
  ];
}

/**
 * Session Manager and Run Command; the managed policy AmazonSSMManagedInstanceCore would also read every parameter of the account.
 *
 * These actions are granted for all resources by AWS as well:
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCloud9SSMInstanceProfile.html
 */
function agentStatements(): readonly PolicyStatement[] {
  return [
    argued(
      'The agent of Systems Manager opens channels, which have no names, and reports its instance, which starts after the role exists.',
      new PolicyStatement({
        actions: [
          'ssm:UpdateInstanceInformation',
          'ssmmessages:CreateControlChannel',
          'ssmmessages:CreateDataChannel',
          'ssmmessages:OpenControlChannel',
          'ssmmessages:OpenDataChannel',
        ],
        resources: ['*'],
      }),
    ),
  ];
}

/** The archive, and what leads to it. */
function releaseStatements({
  release,
  updates,
}: Pick<HostStatementProps, 'release' | 'updates'>): readonly PolicyStatement[] {
  const { bucket, prefix = DEFAULT_PREFIX, keyArn } = release;
  const name = release.release === undefined ? '*' : release.release.digest;
  const statements = [
    argued(
      'With updates in place each release may be the one that a new host downloads.',
      new PolicyStatement({
        actions: ['s3:GetObject'],
        resources: [`arn:${Aws.PARTITION}:s3:::${bucket}/${prefix}${name}.tar`],
      }),
    ),
  ];
  if (keyArn !== undefined) {
    statements.push(
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.${Aws.URL_SUFFIX}` } },
      }),
    );
  }
  if (updates.kind === 'inPlace')
    statements.push(readParameters([parameterArn(updates.parameter)]));
  return statements;
}

/** Secrets of the deployment that hosts read themselves, each in its region. */
function secretStatements({ secrets }: Deployment): PolicyStatement[] {
  const parameters = secrets.flatMap(({ from }) =>
    'ssmParameter' in from ? [parameterArn(from.ssmParameter, from.region)] : [],
  );
  const managed = secrets.flatMap(({ from }) =>
    'secretsManager' in from ? [secretArn(from.secretsManager, from.region)] : [],
  );
  return [
    ...(parameters.length === 0 ? [] : [readParameters(parameters)]),
    ...(managed.length === 0
      ? []
      : [new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: managed })]),
  ];
}

function readParameters(resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions: ['ssm:GetParameter'], resources });
}

function parameterArn(name: string, region?: string): string {
  if (name.startsWith('arn:')) return name;
  // A version or a label may follow the name.
  const [parameter = ''] = name.split(':');
  return arn('ssm', `parameter/${parameter.replace(/^\//, '')}`, region);
}

function secretArn(name: string, region?: string): string {
  if (name.startsWith('arn:')) return name;
  // Secrets Manager adds a hyphen and six characters to the name.
  return arn('secretsmanager', `secret:${name}-??????`, region);
}

function arn(service: string, resource: string, region: string = Aws.REGION): string {
  return `arn:${Aws.PARTITION}:${service}:${region}:${Aws.ACCOUNT_ID}:${resource}`;
}
