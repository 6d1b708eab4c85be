import { SNSClient } from '@aws-sdk/client-sns';
import type { NoticeDestination } from '@fairlead/monitoring';
import { snsDestination } from '@fairlead/monitoring/sns';

/** Opens a topic of SNS in the region of its ARN; the AWS SDK finds the credentials. */
export function openSns(topicArn: string): NoticeDestination {
  const region = topicArn.split(':')[3] ?? '';
  const client = new SNSClient({ region });
  return {
    ...snsDestination({ client, topicArn }),
    close() {
      client.destroy();
      return Promise.resolve();
    },
  };
}
