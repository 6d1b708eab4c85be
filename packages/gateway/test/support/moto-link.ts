import { s3Client, startMoto } from '@fairlead/test-support';
import { onTestFinished, vi } from 'vitest';
import { awsEnvironment } from './aws-environment.ts';
import { setEnvironment } from './set-environment.ts';
import { TcpLink } from './tcp-link.ts';

/** Starts an S3 that the AWS SDK of this process reaches over a link which can be cut, and a client with a way around it, until the end of the test. */
export async function startMotoLink() {
  const moto = await startMoto();
  const link = await TcpLink.to(moto.port);
  setEnvironment(awsEnvironment(`http://127.0.0.1:${link.port}`));
  const client = s3Client(moto.endpoint);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    client.destroy();
    link.close();
    await moto.stop();
  });
  return { link, client };
}
