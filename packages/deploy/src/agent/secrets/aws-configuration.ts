import { instanceRegion } from './instance-region.ts';

/** Region of requests without a region in their references, once it is known. */
let ownRegion: Promise<string> | undefined;

/** Returns the settings of a client of AWS, which takes credentials of the environment or the role of the instance. */
export async function awsConfiguration(region: string | undefined) {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const chosen = region ?? AWS_REGION ?? AWS_DEFAULT_REGION;
  return {
    region: chosen ?? (await (ownRegion ??= instanceRegion(process.env))),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 },
  };
}
