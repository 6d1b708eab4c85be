import { FaultProxy } from '../fault-proxy.ts';
import { newBucket, s3Client, startMoto } from '@fairlead/test-support';

/** An empty store in an S3 of this machine, which processes that inherit the environment find by its address. */
export interface LocalS3 {
  /** Address of the store: `s3://bucket/prefix`. */
  readonly location: string;
  readonly proxy: FaultProxy;
  stop(): Promise<void>;
}

/** Starts moto with the proxy before it that makes its conditional writes atomic, and sets `AWS_…` to them. */
export async function startLocalS3(
  environment: Record<string, string | undefined>,
): Promise<LocalS3> {
  const moto = await startMoto();
  const proxy = await FaultProxy.start(moto.port);
  const client = s3Client(proxy.endpoint);
  const bucket = await newBucket(client);
  client.destroy();
  Object.assign(environment, {
    AWS_ENDPOINT_URL_S3: proxy.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  return {
    location: `s3://${bucket}/soak`,
    proxy,
    async stop() {
      await proxy.close();
      await moto.stop();
    },
  };
}
