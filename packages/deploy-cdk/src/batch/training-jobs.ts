import type { Deployment } from '@fairlead/deploy-config';
import { Duration } from 'aws-cdk-lib';
import { CfnComputeEnvironment, CfnJobQueue, type CfnJobDefinition } from 'aws-cdk-lib/aws-batch';
import { Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

import { imageStatements } from '../fargate/image-statements.ts';
import { createTaskRole } from '../fargate/task-role.ts';
import { acknowledgeWildcards } from '../nag/acknowledge.ts';
import type { Network } from '../network/network.ts';
import type { Storage } from '../storage/storage.ts';
import { resolveBatch, type BatchOptions, type ResolvedBatch } from './batch-options.ts';
import { locationStatements, submitStatements } from './batch-statements.ts';
import { createJobDefinition } from './job-definition.ts';
import { createJobLog } from './job-log.ts';
import { trainingLocation, type TrainingLocation } from './training-location.ts';

/** Properties of {@link TrainingJobs}. */
export interface TrainingJobsProps {
  /** Deployment that names the registry. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Network of the service; jobs run in the subnets of the hosts. Example: `new Network(this, 'Network', {})`. */
  readonly network: Network;
  /** Buckets of the service. Example: `new Storage(this, 'Storage', { deployment })`. @defaultValue none */
  readonly storage?: Storage | undefined;
  /** Options of `ModelService`. Example: `{ image: '111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop-training@sha256:…' }`. */
  readonly options: BatchOptions;
}

/** Queue, job definition and location, as `training.batch` of a retraining policy has them. */
export interface TrainingPolicyNames {
  /** Name of the queue. Example: `'shop-training'`. */
  readonly queue: string;
  /** Name of the job definition. Example: `'shop-training'`. */
  readonly definition: string;
  /** Address of rows and models. Example: `'s3://acme-models/training'`. */
  readonly location: string;
}

/** Seconds after which a job that can never start is canceled: its time limit doesn't count before its start. */
const STUCK_SECONDS = 600;

/**
 * Compute environment, queue and job definition of AWS Batch for `fairlead retrain`, on Fargate: nothing runs and nothing is billed for processors
 * between trainings.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { Network, TrainingJobs } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const deployment = defineDeployment({
 *   name: 'shop',
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:8080' } },
 *   gateway: {
 *     command: ['/opt/fairlead/current/bin/node', 'main.js'],
 *     service: { user: 'fairlead' },
 *     environment: { FAIRLEAD_REGISTRY: 's3://acme-models/prod' },
 *   },
 * });
 * const registry = '111122223333.dkr.ecr.eu-central-1.amazonaws.com';
 * const stack = new Stack(new App(), 'Shop');
 * const jobs = new TrainingJobs(stack, 'Batch', {
 *   deployment,
 *   network: new Network(stack, 'Network', {}),
 *   options: { image: `${registry}/shop-training@sha256:${'0'.repeat(64)}` },
 * });
 * console.log(jobs.policy.queue, jobs.policy.location); // shop-training s3://acme-models/training
 * ```
 */
export class TrainingJobs extends Construct {
  /** Value of `training.batch` in a retraining policy. */
  readonly policy: TrainingPolicyNames;
  readonly computeEnvironment: CfnComputeEnvironment;
  readonly queue: CfnJobQueue;
  readonly definition: CfnJobDefinition;
  /** Role of the training. */
  readonly jobRole: Role;
  /** Role of ECS, which pulls the image and writes logs. */
  readonly executionRole: Role;
  /** Group of the jobs, which accepts no connection. */
  readonly securityGroup: SecurityGroup;
  readonly logGroup: LogGroup;
  /** Key of the log group. */
  readonly logKey: Key;
  /** Permissions of who runs `fairlead retrain`, beside those on the registry. */
  readonly submitStatements: readonly PolicyStatement[];
  #submitPolicy: Policy | undefined;

  constructor(scope: Construct, id: string, props: TrainingJobsProps) {
    super(scope, id);
    const { deployment, network, storage } = props;
    const options = resolveBatch(props.options);
    const location = trainingLocation(deployment, props.options.location);
    const name = `${deployment.name}-training`;
    this.policy = { queue: name, definition: name, location: location.address };
    expire(storage, location, options);
    const log = createJobLog(this, deployment, props.options.logDays);
    this.logGroup = log.logGroup;
    this.logKey = log.key;
    const keyArn =
      props.options.keyArn ??
      (storage?.buckets.has(location.bucket) === true ? storage.key.keyArn : undefined);
    const onLocation = locationStatements(location, keyArn);
    this.submitStatements = [...submitStatements(this.policy), ...onLocation];
    this.jobRole = createTaskRole(this, 'JobRole', { network, statements: onLocation });
    this.executionRole = createTaskRole(this, 'ExecutionRole', {
      network,
      statements: [
        ...imageStatements({ images: { training: options.image } }),
        new PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          // A log stream follows the name of the group.
          resources: [this.logGroup.logGroupArn],
        }),
      ],
    });
    this.securityGroup = this.#securityGroup(network);
    this.computeEnvironment = this.#computeEnvironment(network, options);
    this.queue = this.#queue();
    const { jobRole, executionRole, logGroup } = this;
    const parts = { jobRole, executionRole, logGroup };
    this.definition = createJobDefinition(this, { name, options, ...parts });
  }

  /** Policy of the role that submits jobs; `undefined` without `allowSubmit`. */
  get submitPolicy(): Policy | undefined {
    return this.#submitPolicy;
  }

  /** Lets one role submit jobs, such as that of a pipeline. */
  allowSubmit(role: Role): void {
    const statements = this.submitStatements;
    this.#submitPolicy = new Policy(this, 'SubmitPolicy', {
      ...{ roles: [role], statements: [...statements] },
    });
    acknowledgeWildcards(this.#submitPolicy, statements);
  }

  #securityGroup(network: Network): SecurityGroup {
    const group = new SecurityGroup(this, 'Group', {
      ...{ vpc: network.vpc, description: 'Trainings', allowAllOutbound: false },
    });
    // As for hosts: S3 has addresses that the template can't name.
    group.connections.allowToAnyIpv4(Port.tcp(443), 'AWS services');
    network.allowEndpoints(group, 'Trainings');
    network.allowImageLayers();
    return group;
  }

  /** Without a role: AWS Batch uses the one that is linked to its service, and creates it for the first environment of an account. */
  #computeEnvironment(network: Network, { spot, maxVcpus }: ResolvedBatch): CfnComputeEnvironment {
    return new CfnComputeEnvironment(this, 'Environment', {
      type: 'MANAGED',
      state: 'ENABLED',
      computeResources: {
        type: spot ? 'FARGATE_SPOT' : 'FARGATE',
        maxvCpus: maxVcpus,
        subnets: network.vpc.selectSubnets(network.hostSubnets).subnetIds,
        securityGroupIds: [this.securityGroup.securityGroupId],
      },
    });
  }

  #queue(): CfnJobQueue {
    const stuck = ['COMPUTE_ENVIRONMENT_MAX_RESOURCE', 'JOB_RESOURCE_REQUIREMENT'];
    return new CfnJobQueue(this, 'Queue', {
      jobQueueName: this.policy.queue,
      state: 'ENABLED',
      priority: 1,
      computeEnvironmentOrder: [
        { order: 1, computeEnvironment: this.computeEnvironment.attrComputeEnvironmentArn },
      ],
      jobStateTimeLimitActions: stuck.map((reason) => ({
        ...{ action: 'CANCEL', state: 'RUNNABLE', maxTimeSeconds: STUCK_SECONDS },
        reason: `MISCONFIGURATION:${reason}`,
      })),
    });
  }
}

/** The command leaves rows of its trainings behind. */
function expire(
  storage: Storage | undefined,
  { bucket, prefix }: TrainingLocation,
  { expireDays }: ResolvedBatch,
): void {
  storage?.buckets.get(bucket)?.addLifecycleRule({
    id: 'training',
    prefix: `${prefix}/`,
    expiration: Duration.days(expireDays),
    // They have captured requests: no older version outlasts them.
    noncurrentVersionExpiration: Duration.days(1),
  });
}
