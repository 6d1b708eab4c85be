import { awsDomain } from '@fairlead/deploy';
import type { Deployment } from '@fairlead/deploy-config';

import { invalidOption } from '../check-options.ts';

/** Queue that the deployment names. */
export interface QueueAddress {
  /** Setting of the gateway. */
  readonly setting: 'FAIRLEAD_JOBS_QUEUE_URL' | 'FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL';
  readonly name: string;
  readonly region: string;
  readonly account: string;
}

const settings = ['FAIRLEAD_JOBS_QUEUE_URL', 'FAIRLEAD_JOBS_WEBHOOK_QUEUE_URL'] as const;

/**
 * Lists the queues of asynchronous jobs that the deployment names.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` when a URL isn't that of a standard queue.
 */
export function queueAddresses({ gateway }: Deployment): readonly QueueAddress[] {
  return settings.flatMap((setting) => {
    const url = gateway.environment[setting];
    if (url === undefined || url === '') return [];
    const [, region = '', domain, account = '', name = ''] =
      /^https:\/\/sqs\.([a-z0-9-]+)\.([a-z.-]+)\/(\d{12})\/([\w-]{1,80})$/.exec(url) ?? [];
    if (domain !== awsDomain(region)) {
      throw invalidOption(
        `${setting} of the deployment is ${JSON.stringify(url)}: expected the URL of a standard queue, such as "https://sqs.eu-central-1.amazonaws.com/111122223333/shop-jobs".`,
      );
    }
    return [{ setting, name, region, account }];
  });
}
