import { ModelRegistry, openStore } from '@fairlead/registry';
import { newBucket, s3Client, startMoto } from '@fairlead/test-support';
import { onTestFinished, vi } from 'vitest';
import { awsEnvironment } from './aws-environment.ts';
import { setEnvironment } from './set-environment.ts';

/** Starts moto, whose address the environment has until the test ends, with an empty registry. */
export async function registryInS3(): Promise<{
  readonly endpoint: string;
  readonly location: string;
  readonly registry: ModelRegistry;
}> {
  const moto = await startMoto();
  onTestFinished(() => moto.stop());
  setEnvironment(awsEnvironment(moto.endpoint));
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const client = s3Client(moto.endpoint);
  const location = `s3://${await newBucket(client)}/prod`;
  client.destroy();
  const registry = new ModelRegistry({ store: await openStore(location) });
  return { endpoint: moto.endpoint, location, registry };
}
