import type { Deployment } from '@fairlead/deploy-config';
import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';
import { queueAddresses, type QueueAddress } from './queue-address.ts';
import { queueStatements } from './queue-statements.ts';

/** Queues of asynchronous jobs, whose URLs the deployment has. */
export interface QueueOptions {
  /** Days for which a job may wait, 1 to 14. Example: `4`. @defaultValue `14` */
  readonly retentionDays?: number;
  /**
   * Times that a message is received before SQS moves it to the dead-letter queue, 20 to 1000. The runner of jobs decides itself after how many attempts
   * a job fails; a message beyond this number stops every process that receives it. Example: `50`.
   * @defaultValue `100`
   */
  readonly maxReceives?: number;
}

/** Properties of {@link JobQueues}. */
export interface JobQueuesProps {
  /** Deployment that names the queues. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Options of `ModelService`. Example: `{ retentionDays: 4 }`. @defaultValue the defaults of each option */
  readonly options?: QueueOptions;
}

/** Default of `FAIRLEAD_JOBS_LEASE_MS`. */
const DEFAULT_LEASE_MS = 15_000;

/**
 * Queues of SQS for asynchronous jobs and their webhooks, named as in `FAIRLEAD_JOBS_QUEUE_URL` and `FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL` of the
 * deployment, each with a dead-letter queue. The visibility timeout is the lease of a job, `FAIRLEAD_JOBS_LEASE_MS`.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { JobQueues } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:8080' } },
 *   gateway: {
 *     command: ['/opt/fairlead/current/bin/node', 'main.js'],
 *     service: { user: 'fairlead' },
 *     environment: {
 *       FAIRLEAD_JOBS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/111122223333/shop-jobs',
 *       FAIRLEAD_JOBS_BUCKET: 'acme-jobs',
 *     },
 *   },
 * });
 * const { queues } = new JobQueues(new Stack(new App(), 'Shop'), 'Queue', { deployment });
 * console.log([...queues.keys()]); // [ 'shop-jobs' ]
 * ```
 */
export class JobQueues extends Construct {
  /** Queues by name: of jobs, and of webhooks when the deployment has one. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** Dead-letter queues by the names of their queues. */
  readonly deadLetterQueues: ReadonlyMap<string, Queue>;
  /** Permissions of hosts. */
  readonly statements: PolicyStatement[];

  constructor(scope: Construct, id: string, { deployment, options = {} }: JobQueuesProps) {
    super(scope, id);
    checkOptions('queue', options, { retentionDays: 'optional', maxReceives: 'optional' });
    const { retentionDays = 14, maxReceives = 100 } = options;
    checkWholeNumber('queue.retentionDays', retentionDays, { min: 1, max: 14 });
    checkWholeNumber('queue.maxReceives', maxReceives, { min: 20, max: 1000 });
    const addresses = queueAddresses(deployment);
    if (addresses.length === 0) {
      throw invalidOption(
        'Option queue needs FAIRLEAD_JOBS_QUEUE_URL in gateway.environment of the deployment, such as "https://sqs.eu-central-1.amazonaws.com/111122223333/shop-jobs".',
      );
    }
    const visibilityTimeout = Duration.seconds(leaseSeconds(deployment));
    const queues = new Map<string, Queue>();
    const deadLetterQueues = new Map<string, Queue>();
    for (const address of addresses) {
      this.#checkPlace(address);
      const { name } = address;
      const common = {
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      };
      const queue = new Queue(this, `DeadLetters-${name}`, {
        ...common,
        // The retention counts from the first time that a message was sent.
        retentionPeriod: Duration.days(14),
      });
      deadLetterQueues.set(name, queue);
      queues.set(
        name,
        new Queue(this, `Queue-${name}`, {
          ...common,
          queueName: name,
          visibilityTimeout,
          retentionPeriod: Duration.days(retentionDays),
          receiveMessageWaitTime: Duration.seconds(20),
          deadLetterQueue: { queue, maxReceiveCount: maxReceives },
        }),
      );
    }
    this.queues = queues;
    this.deadLetterQueues = deadLetterQueues;
    this.statements = queueStatements(deployment);
  }

  /** The URL has region and account, which must be those of the stack. */
  #checkPlace({ setting, region, account }: QueueAddress): void {
    const stack = Stack.of(this);
    const differs = (actual: string, named: string) =>
      !Token.isUnresolved(actual) && actual !== named;
    if (!differs(stack.region, region) && !differs(stack.account, account)) return;
    throw invalidOption(
      `${setting} of the deployment is in region ${region} of account ${account}, but the stack in ${stack.region} of ${stack.account}: name a queue there.`,
    );
  }
}

function leaseSeconds({ gateway }: Deployment): number {
  const text = gateway.environment.FAIRLEAD_JOBS_LEASE_MS;
  const leaseMs = text === undefined ? DEFAULT_LEASE_MS : Number(text);
  if (!Number.isInteger(leaseMs) || leaseMs < 1 || leaseMs > 43_200_000) {
    throw invalidOption(
      `FAIRLEAD_JOBS_LEASE_MS of the deployment is ${JSON.stringify(text)}: expected milliseconds from 1 to 43200000, the longest visibility timeout of SQS.`,
    );
  }
  return Math.ceil(leaseMs / 1000);
}
