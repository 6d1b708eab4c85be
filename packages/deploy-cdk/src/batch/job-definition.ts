import { CfnJobDefinition } from 'aws-cdk-lib/aws-batch';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import type { ResolvedBatch } from './batch-options.ts';

/** Parts of a job definition. */
export interface JobParts {
  readonly name: string;
  readonly options: ResolvedBatch;
  /** Role of the training. */
  readonly jobRole: Role;
  /** Role of ECS. */
  readonly executionRole: Role;
  readonly logGroup: LogGroup;
}

/** Beginning of the reason of a job whose capacity on Fargate Spot was taken away. */
const INTERRUPTED = 'Your Spot Task was interrupted*';

/** Creates the job definition: one container on Fargate, without a public address and without the rights of root. */
export function createJobDefinition(
  scope: Construct,
  { name, options, jobRole, executionRole, logGroup }: JobParts,
): CfnJobDefinition {
  const { image, command, processor, vcpus, memoryGiB, diskGB, user } = options;
  return new CfnJobDefinition(scope, 'Definition', {
    jobDefinitionName: name,
    type: 'container',
    platformCapabilities: ['FARGATE'],
    propagateTags: true,
    containerProperties: {
      image,
      ...(command !== undefined && { command: [...command] }),
      jobRoleArn: jobRole.roleArn,
      executionRoleArn: executionRole.roleArn,
      resourceRequirements: [
        { type: 'VCPU', value: String(vcpus) },
        { type: 'MEMORY', value: String(memoryGiB * 1024) },
      ],
      // The size that a job has without the property can't be named.
      ...(diskGB > 20 && { ephemeralStorage: { sizeInGiB: diskGB } }),
      runtimePlatform: {
        cpuArchitecture: processor === 'arm64' ? 'ARM64' : 'X86_64',
        operatingSystemFamily: 'LINUX',
      },
      fargatePlatformConfiguration: { platformVersion: '1.4.0' },
      networkConfiguration: { assignPublicIp: 'DISABLED' },
      user: `${user}:${user}`,
      // Ends processes that the training leaves behind, and passes signals on.
      linuxParameters: { initProcessEnabled: true },
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': logGroup.logGroupName, 'awslogs-stream-prefix': 'training' },
      },
    },
    // For jobs by hand: `fairlead retrain` counts its attempts itself, and sends both with each job.
    retryStrategy: {
      attempts: options.attempts,
      evaluateOnExit: [
        { onStatusReason: INTERRUPTED, action: 'RETRY' },
        { onReason: '*', action: 'EXIT' },
      ],
    },
    timeout: { attemptDurationSeconds: options.timeLimitMinutes * 60 },
  });
}
