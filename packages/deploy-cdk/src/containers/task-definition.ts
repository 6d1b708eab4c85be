import { containerSettings } from '@fairlead/deploy-config';
import { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

import { acknowledgeRule } from '../nag/acknowledge.ts';
import { programContainer, secretsContainer, type TaskContext } from './container-definitions.ts';
import { taskSize } from './task-size.ts';

/** Roles of a task. */
export interface TaskRoles {
  /** Role of the programs. */
  readonly taskRole: Role;
  /** Role of ECS. */
  readonly executionRole: Role;
}

/** Creates the definition of a task with a container for each program. */
export function createTaskDefinition(
  scope: Construct,
  context: TaskContext,
  { taskRole, executionRole }: TaskRoles,
): CfnTaskDefinition {
  const { deployment, options } = context;
  const { cpu, memoryMiB } = taskSize(deployment);
  const secrets = secretsContainer(context);
  const definitions = [
    ...(secrets === undefined ? [] : [secrets]),
    ...containerSettings(deployment).map((settings) => programContainer(context, settings)),
  ];
  const volumes = new Set(
    definitions.flatMap(({ mountPoints }) =>
      (mountPoints as { sourceVolume: string }[]).map(({ sourceVolume }) => sourceVolume),
    ),
  );
  const task = new CfnTaskDefinition(scope, 'Task', {
    family: deployment.name,
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: String(cpu),
    memory: String(memoryMiB),
    runtimePlatform: {
      cpuArchitecture: options.processor === 'arm64' ? 'ARM64' : 'X86_64',
      operatingSystemFamily: 'LINUX',
    },
    taskRoleArn: taskRole.roleArn,
    executionRoleArn: executionRole.roleArn,
    volumes: [...volumes].map((name) => ({ name })),
    containerDefinitions: definitions,
  });
  acknowledgeRule(
    task,
    'ECS2',
    'The variables are settings of the deployment; secrets come from Parameter Store and Secrets Manager.',
  );
  return task;
}
