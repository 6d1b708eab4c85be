import { awsTestConnection } from '@fairlead/test-support';
import { vi } from 'vitest';

const { region, credentials } = awsTestConnection;

/** Variables in which the AWS SDK finds moto. */
export function awsEnvironment(endpoint: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

/** Sets variables in this process, until `vi.unstubAllEnvs`. */
export function setEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}
