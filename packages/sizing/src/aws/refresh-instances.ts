import {
  DescribeInstanceTypesCommand,
  type DescribeInstanceTypesCommandOutput,
} from '@aws-sdk/client-ec2';
import { GetProductsCommand } from '@aws-sdk/client-pricing';
import { checkOptions, invalidOption } from '../check-options.ts';
import type { InstanceData, InstanceType } from '../instances/instance-type.ts';
import { SizingError } from '../sizing-error.ts';
import { onDemandPrice } from './on-demand-price.ts';

/** Client of the AWS SDK, such as an `EC2Client`. */
export interface AwsClient<Command, Output> {
  send(command: Command): Promise<Output>;
}

/** Output of GetProducts: each entry is JSON in a text, which the AWS SDK wraps in an object. */
export interface PriceList {
  readonly PriceList?: readonly { toString(): string }[] | undefined;
}

/** Options of {@link refreshInstances}. */
export interface RefreshInstancesOptions {
  /** Data to renew: its types, processors and prices of other regions stay. */
  readonly instances: InstanceData;
  /** Region of the prices, such as `eu-west-1`. */
  readonly region: string;
  /** `EC2Client` of that region. */
  readonly ec2: AwsClient<DescribeInstanceTypesCommand, DescribeInstanceTypesCommandOutput>;
  /** `PricingClient` of a region that has the API: us-east-1, eu-central-1 or ap-south-1. */
  readonly pricing: AwsClient<GetProductsCommand, PriceList>;
  /** Clock, in milliseconds since the epoch. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/** Most types of one request of DescribeInstanceTypes. */
const TYPES_PER_REQUEST = 100;

/**
 * Reads vCPUs and memory of every type from EC2, and its price on demand for Linux in one region from the Pricing API.
 *
 * Types that the region doesn't offer have no price there afterwards.
 *
 * @throws SizingError `ERR_SIZING_REFRESH_FAILED` if an API can't be called, or answers otherwise than documented
 *
 * @example
 * ```ts
 * import { publishedInstances } from '@fairlead/sizing';
 * import { refreshInstances } from '@fairlead/sizing/aws';
 *
 * // In place of an EC2Client and a PricingClient:
 * const ec2 = { send: async () => ({ $metadata: {}, InstanceTypes: [] }) };
 * const pricing = { send: async () => ({ $metadata: {}, PriceList: [] }) };
 * const options = { instances: publishedInstances, region: 'eu-west-1', ec2, pricing };
 * console.log((await refreshInstances(options).catch((error) => error)).code); // ERR_SIZING_REFRESH_FAILED
 * ```
 */
export async function refreshInstances(options: RefreshInstancesOptions): Promise<InstanceData> {
  checkOptions('refreshInstances', options, {
    ...{ instances: 'required', region: 'required', ec2: 'required', pricing: 'required' },
    now: 'optional',
  });
  const { instances, region, now = Date.now } = options;
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) {
    throw invalidOption(
      `region ${JSON.stringify(region)} is no region of AWS, such as eu-central-1.`,
    );
  }
  const offered = await describeTypes(options);
  if (offered.size === 0) {
    throw failed(`EC2 offers none of the ${instances.types.length} types in ${region}`, undefined);
  }
  const types: InstanceType[] = [];
  for (const type of instances.types) {
    const found = offered.get(type.type);
    const others = Object.entries(type.pricePerHour).filter(([name]) => name !== region);
    const price = found && (await priceOf(options, type.type));
    const pricePerHour = Object.fromEntries([
      ...others,
      ...(price === undefined ? [] : [[region, price] as const]),
    ]);
    types.push({ ...type, ...found, pricePerHour });
  }
  const date = new Date(now()).toISOString().slice(0, 10);
  const source = `${region}: EC2 DescribeInstanceTypes and Pricing GetProducts on ${date}`;
  const sources = instances.sources.filter((each) => !each.startsWith(`${region}:`));
  const priceDates = { ...instances.priceDates, [region]: date };
  return { ...instances, priceDates, sources: [...sources, source], types };
}

async function describeTypes({
  ec2,
  instances,
}: RefreshInstancesOptions): Promise<
  ReadonlyMap<string, Pick<InstanceType, 'vcpus' | 'memoryBytes'>>
> {
  const found = new Map<string, Pick<InstanceType, 'vcpus' | 'memoryBytes'>>();
  const names = instances.types.map(({ type }) => type);
  for (let begin = 0; begin < names.length; begin += TYPES_PER_REQUEST) {
    const page = names.slice(begin, begin + TYPES_PER_REQUEST);
    // A filter, because a name that the region doesn't know would fail the whole request.
    const Filters = [{ Name: 'instance-type', Values: page }];
    let NextToken: string | undefined;
    do {
      const input = { Filters, ...(NextToken !== undefined && { NextToken }) };
      const output = await call<DescribeInstanceTypesCommandOutput>(
        'EC2 DescribeInstanceTypes',
        () => ec2.send(new DescribeInstanceTypesCommand(input)),
      );
      for (const { InstanceType: type, VCpuInfo, MemoryInfo } of output.InstanceTypes ?? []) {
        const [vcpus, mebibytes] = [VCpuInfo?.DefaultVCpus, MemoryInfo?.SizeInMiB];
        if (type === undefined || vcpus === undefined || mebibytes === undefined) {
          throw failed(`EC2 gave no vCPUs or memory of ${type ?? 'a type'}`, undefined);
        }
        found.set(type, { vcpus, memoryBytes: mebibytes * 1024 ** 2 });
      }
      ({ NextToken } = output);
    } while (NextToken !== undefined && NextToken !== '');
  }
  return found;
}

async function priceOf(
  { pricing, region }: RefreshInstancesOptions,
  type: string,
): Promise<number> {
  const fields = {
    ...{ instanceType: type, regionCode: region, operatingSystem: 'Linux' },
    ...{ tenancy: 'Shared', preInstalledSw: 'NA', capacitystatus: 'Used' },
  };
  const Filters = Object.entries(fields).map(([Field, Value]) => ({
    ...{ Type: 'TERM_MATCH' as const, Field, Value },
  }));
  const { PriceList = [] } = await call<PriceList>('Pricing GetProducts', () =>
    pricing.send(new GetProductsCommand({ ServiceCode: 'AmazonEC2', Filters })),
  );
  const prices = new Set(PriceList.map((each) => onDemandPrice(each.toString())));
  const [price] = prices;
  if (price === undefined || prices.size > 1) {
    throw failed(
      `the Pricing API has ${prices.size} prices of ${type} in ${region}, expected one`,
      undefined,
    );
  }
  return price;
}

async function call<T>(name: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw failed(`${name} failed: ${reason}`, cause);
  }
}

function failed(problem: string, cause: unknown): SizingError {
  return new SizingError(
    'ERR_SIZING_REFRESH_FAILED',
    `Instance data can't be renewed: ${problem}. The account needs ec2:DescribeInstanceTypes and pricing:GetProducts.`,
    { cause },
  );
}
