import { join } from 'node:path';
import { newBucket, s3Client, startMoto, temporaryFolder } from '@fairlead/test-support';
import { expect, onTestFinished, test, vi } from 'vitest';
import { awsEnvironment } from './support/aws-environment.ts';
import { setEnvironment } from './support/set-environment.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { rollBackUnderLoad, type Fleet } from './support/roll-back-under-load.ts';

/** Gateways in separate processes. */
async function inS3(): Promise<Fleet> {
  const moto = await startMoto();
  const environment = awsEnvironment(moto.endpoint);
  setEnvironment(environment);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await moto.stop();
  });
  const client = s3Client(moto.endpoint);
  const location = `s3://${await newBucket(client)}/prod`;
  client.destroy();
  return {
    location,
    async start() {
      const socketPath = join(temporaryFolder(), 'gateway.sock');
      const gateway = startGatewayProcess({
        ...environment,
        FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
        FAIRLEAD_REGISTRY: location,
        FAIRLEAD_LISTEN: `unix:${socketPath}`,
      });
      expect(await gateway.logged('models loaded')).toMatchObject({ ready: true });
      return { socketPath };
    },
  };
}

test('a rollback in S3 reaches three gateways under load, and no request fails', async ({
  annotate,
}) => {
  const lines = await rollBackUnderLoad(await inS3());
  for (const line of lines) await annotate(line);
});
