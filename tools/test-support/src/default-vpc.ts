import { awsTestConnection } from './s3.ts';

/** Finds the network that moto has from the start, for target groups. */
export async function defaultVpc(endpoint: string): Promise<string> {
  const scope = `test/20260101/${awsTestConnection.region}/ec2/aws4_request`;
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: 'Action=DescribeVpcs&Version=2016-11-15',
  });
  return /<vpcId>(vpc-[0-9a-f]+)<\/vpcId>/.exec(await answer.text())?.[1] ?? '';
}
