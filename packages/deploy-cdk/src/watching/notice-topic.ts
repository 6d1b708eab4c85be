import type { Deployment } from '@fairlead/deploy-config';
import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

import { invalidOption } from '../check-options.ts';

/** Properties of {@link NoticeTopic}. */
export interface NoticeTopicProps {
  readonly deployment: Deployment;
  readonly emails: readonly string[];
}

/** Encrypted topic of alarms, which notices of the gateway go to as well if the deployment names it in `FAIRLEAD_NOTICE_TOPIC`. */
export class NoticeTopic extends Construct {
  readonly topic: Topic;
  /** Key of the messages and the logs. */
  readonly key: Key;
  /** Permissions of hosts to publish notices. */
  readonly statements: PolicyStatement[];

  constructor(scope: Construct, id: string, { deployment, emails }: NoticeTopicProps) {
    super(scope, id);
    const topicName = nameOf(deployment);
    this.key = new Key(this, 'Key', {
      description: `Alarms and logs of ${deployment.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.topic = new Topic(this, 'Topic', {
      ...(topicName !== undefined && { topicName }),
      displayName: `Alarms of ${deployment.name}`,
      masterKey: this.key,
      enforceSSL: true,
    });
    const alarms = new ServicePrincipal('cloudwatch.amazonaws.com');
    this.key.addToResourcePolicy(
      new PolicyStatement({
        principals: [alarms],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        // Of the key itself. A condition on the account isn't documented for alarms, which would be lost without a trace.
        resources: ['*'],
      }),
    );
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsPublish',
        principals: [alarms],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    for (const email of emails) this.topic.addSubscription(new EmailSubscription(email));
    this.statements =
      topicName === undefined
        ? []
        : [
            new PolicyStatement({ actions: ['sns:Publish'], resources: [this.topic.topicArn] }),
            new PolicyStatement({
              actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
              resources: [this.key.keyArn],
              conditions: {
                StringEquals: { 'kms:ViaService': `sns.${Aws.REGION}.${Aws.URL_SUFFIX}` },
              },
            }),
          ];
  }
}

function nameOf({ gateway }: Deployment): string | undefined {
  const arn = gateway.environment.FAIRLEAD_NOTICE_TOPIC;
  if (arn === undefined || arn === '') return undefined;
  const [, name] = /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:([\w-]{1,256})$/.exec(arn) ?? [];
  if (name !== undefined) return name;
  throw invalidOption(
    `FAIRLEAD_NOTICE_TOPIC of the deployment is ${JSON.stringify(arn)}: expected the ARN of a standard topic, such as "arn:aws:sns:eu-central-1:111122223333:shop".`,
  );
}
