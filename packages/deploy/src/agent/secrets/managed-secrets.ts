import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

import { awsConfiguration } from './aws-configuration.ts';

/**
 * Reads the current value of a secret of AWS Secrets Manager, text or binary.
 *
 * This module is a separate file of the agent, in releases with such secrets only.
 *
 * @throws Error of the SDK, without a value
 */
export async function readManagedSecret(id: string, region: string | undefined): Promise<Buffer> {
  const client = new SecretsManagerClient(await awsConfiguration(region));
  try {
    const found = await client.send(new GetSecretValueCommand({ SecretId: id }));
    return Buffer.from(found.SecretString ?? found.SecretBinary ?? '');
  } finally {
    client.destroy();
  }
}
