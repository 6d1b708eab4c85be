import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';

import { awsConfiguration } from './aws-configuration.ts';

/**
 * Reads a parameter of SSM Parameter Store, decrypted.
 *
 * This module is a separate file of the agent, in releases with such secrets only.
 *
 * @throws Error of the SDK, without a value
 */
export async function readParameter(name: string, region: string | undefined): Promise<Buffer> {
  const client = new SSMClient(await awsConfiguration(region));
  try {
    const { Parameter } = await client.send(
      new GetParameterCommand({ Name: name, WithDecryption: true }),
    );
    return Buffer.from(Parameter?.Value ?? '');
  } finally {
    client.destroy();
  }
}
