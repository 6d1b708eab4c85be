import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { withAwsSdk } from '../../aws/with-aws-sdk.ts';
import { CliError } from '../../cli-error.ts';
import type { CommandContext } from '../../command-context.ts';
import { jsonText } from '../../output/json-text.ts';
import { fileError, readText } from '../../read-file.ts';
import type { SizeOptions } from './size.ts';

/** Regions with the Pricing API; every one has the prices of all regions. */
const PRICING_REGION = 'us-east-1';

/**
 * Renews the prices of a region in a file of instance data, which is created from those of this release.
 *
 * @throws CliError `ERR_CLI_USAGE`, `ERR_CLI_FILE`; SizingError `ERR_SIZING_REFRESH_FAILED`
 */
export async function refresh(
  { output, io }: CommandContext,
  options: Pick<SizeOptions, 'instances' | 'region' | 'json'>,
): Promise<void> {
  const { instances: file, region } = options;
  if (file === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      '--refresh writes a file: name it with --instances instances.json',
    );
  }
  const { publishedInstances, readInstances } = await import('@fairlead/sizing');
  const before = existsSync(file)
    ? readInstances(await readText(file, 'instance data'))
    : publishedInstances;
  const { EC2Client, PricingClient, refreshInstances } = await importAws();
  const ec2 = new EC2Client({ region });
  const pricing = new PricingClient({ region: PRICING_REGION });
  try {
    const now = (): number => io.now().getTime();
    const instances = await refreshInstances({ instances: before, region, ec2, pricing, now });
    try {
      await writeFile(file, `${jsonText(instances)}\n`);
    } catch (cause) {
      throw fileError(file, 'instance data', cause);
    }
    const priced = instances.types.filter(({ pricePerHour }) =>
      Object.hasOwn(pricePerHour, region),
    );
    const date = instances.priceDates[region];
    const result = { file, region, date, types: priced.length };
    output.present(options, result, () => [
      `${priced.length} types of ${instances.types.length} have prices in ${region} as of ${date ?? 'now'}: ${file}`,
      `Use them with: fairlead size MODEL --instances ${file} --region ${region}`,
    ]);
  } finally {
    ec2.destroy();
    pricing.destroy();
  }
}

function importAws() {
  return withAwsSdk(
    '--refresh needs the AWS SDK: npm install @aws-sdk/client-ec2 @aws-sdk/client-pricing',
    async () => {
      const [{ EC2Client }, { PricingClient }, { refreshInstances }] = await Promise.all([
        import('@aws-sdk/client-ec2'),
        import('@aws-sdk/client-pricing'),
        import('@fairlead/sizing/aws'),
      ]);
      return { EC2Client, PricingClient, refreshInstances };
    },
  );
}
