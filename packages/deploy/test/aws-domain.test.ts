import { awsDomain } from '@fairlead/deploy';
import { expect, it } from 'vitest';

it.each([
  ['eu-central-1', 'amazonaws.com'],
  ['us-gov-west-1', 'amazonaws.com'],
  ['us-iso-east-1', 'c2s.ic.gov'],
  ['us-isob-east-1', 'sc2s.sgov.gov'],
  ['us-isof-south-1', 'csp.hci.ic.gov'],
  ['eu-isoe-west-1', 'cloud.adc-e.uk'],
  ['eusc-de-east-1', 'amazonaws.eu'],
  ['cn-north-1', 'amazonaws.com.cn'],
])('the services of %s are below %s, as the SDK has it', async (region, domain) => {
  expect(awsDomain(region)).toBe(domain);
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { endpointProvider } = new S3Client({ region }).config;
  const { url } = endpointProvider({ Region: region });
  expect(url.hostname).toBe(`s3.${region}.${domain}`);
});
