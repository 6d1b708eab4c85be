import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';

/**
 * Statement of a key that lets CloudWatch Logs encrypt some log groups with it, and no other ones.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 *
 * @param names names of the log groups, which need not exist yet
 */
export function logKeyStatement(names: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    principals: [new ServicePrincipal(`logs.${Aws.REGION}.${Aws.URL_SUFFIX}`)],
    actions: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
    // Of the key itself.
    resources: ['*'],
    conditions: {
      ArnEquals: { 'kms:EncryptionContext:aws:logs:arn': names.map(logGroupArn) },
    },
  });
}

/** Returns the ARN of a log group of this account and region. */
export function logGroupArn(name: string): string {
  return `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${name}`;
}
