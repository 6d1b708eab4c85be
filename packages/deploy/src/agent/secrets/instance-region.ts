const TIMEOUT_MS = 2_000;
const TOKEN_SECONDS = '60';

/**
 * Reads the region of this EC2 instance from its metadata, by IMDSv2.
 *
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 *
 * @throws Error when there are no metadata, with what to set
 */
export async function instanceRegion(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint = 'http://169.254.169.254' } = environment;
  try {
    const token = await request(`${endpoint}/latest/api/token`, {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS },
    });
    const region = await request(`${endpoint}/latest/meta-data/placement/region`, {
      headers: { 'x-aws-ec2-metadata-token': token },
    });
    if (/^[a-z0-9-]{3,32}$/.test(region)) return region;
    throw new Error(`the metadata answer ${JSON.stringify(region.slice(0, 40))}`);
  } catch (cause) {
    throw new Error(
      'no region is known: give from.region, set AWS_REGION, or allow the metadata of the instance (IMDSv2)',
      { cause },
    );
  }
}

async function request(url: string, init: RequestInit): Promise<string> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return text.trim();
}
