import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EC2Client } from '@aws-sdk/client-ec2';
import { PricingClient } from '@aws-sdk/client-pricing';
import { publishedInstances, readInstances } from '@fairlead/sizing';
import { refreshInstances } from '@fairlead/sizing/aws';
import { awsTestConnection, startMoto, type MotoServer } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const TYPES = ['t4g.medium', 'c7g.large', 'c7i.large', 'm7g.large'];
const instances = {
  ...publishedInstances,
  types: publishedInstances.types.filter(({ type }) => TYPES.includes(type)),
};
const now = (): number => Date.parse('2026-12-24T08:00:00Z');

interface Filter {
  readonly Field: string;
  readonly Type: string;
  readonly Value: string;
}

/** Entry of a price list, in the shape that the Pricing API has: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html */
function priceListEntry(type: string, usd: string): string {
  const sku = 'ABCDEFGHIJKLMNOP';
  return JSON.stringify({
    product: {
      productFamily: 'Compute Instance',
      attributes: { instanceType: type, regionCode: 'eu-west-1', operatingSystem: 'Linux' },
      sku,
    },
    serviceCode: 'AmazonEC2',
    terms: {
      OnDemand: {
        [`${sku}.JRTCKXETXF`]: {
          priceDimensions: {
            [`${sku}.JRTCKXETXF.6YS6EN2CT7`]: {
              unit: 'Hrs',
              endRange: 'Inf',
              description: `$${usd} per On Demand Linux ${type} Instance Hour`,
              appliesTo: [],
              rateCode: `${sku}.JRTCKXETXF.6YS6EN2CT7`,
              beginRange: '0',
              pricePerUnit: { USD: usd },
            },
          },
          sku,
          effectiveDate: '2026-12-01T00:00:00Z',
          offerTermCode: 'JRTCKXETXF',
          termAttributes: {},
        },
      },
      Reserved: {},
    },
    version: '20261220000000',
    publicationDate: '2026-12-20T00:00:00Z',
  });
}

/** A Pricing API, which moto doesn't have, with one answer for each type. */
async function startPricing(answer: (type: string) => readonly string[]) {
  const filters: (readonly Filter[])[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      const { Filters } = JSON.parse(body) as { readonly Filters: readonly Filter[] };
      filters.push(Filters);
      const type = Filters.find(({ Field }) => Field === 'instanceType')?.Value ?? '';
      res.setHeader('content-type', 'application/x-amz-json-1.1');
      res.end(JSON.stringify({ FormatVersion: 'aws_v1', PriceList: answer(type) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new PricingClient({
    ...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', maxAttempts: 1 },
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return { client, filters };
}

describe('refreshInstances', () => {
  let moto: MotoServer;
  let ec2: EC2Client;
  beforeAll(async () => {
    moto = await startMoto();
    ec2 = new EC2Client({ ...awsTestConnection, endpoint: moto.endpoint, region: 'eu-west-1' });
  });
  afterAll(async () => {
    ec2.destroy();
    await moto.stop();
  });

  it('reads vCPUs and memory from EC2 and prices from the Pricing API, and keeps the other regions', async () => {
    const { client, filters } = await startPricing((type) => [
      priceListEntry(type, '0.1230000000'),
    ]);
    const wrong = instances.types.map((type) => ({ ...type, vcpus: 99, memoryBytes: 1 }));
    const refreshed = await refreshInstances({
      instances: { ...instances, types: wrong },
      ...{ region: 'eu-west-1', ec2, pricing: client, now },
    });
    expect(refreshed.types).toEqual(
      instances.types.map((type) => ({
        ...type,
        pricePerHour: { ...type.pricePerHour, 'eu-west-1': 0.123 },
      })),
    );
    // Those of the other regions are as old as before.
    expect(refreshed.priceDates).toEqual({ ...instances.priceDates, 'eu-west-1': '2026-12-24' });
    expect(refreshed.sources.at(-1)).toContain('eu-west-1');
    expect(readInstances(JSON.stringify(refreshed))).toEqual(refreshed);
    expect(filters[0]).toContainEqual({
      ...{ Type: 'TERM_MATCH', Field: 'regionCode', Value: 'eu-west-1' },
    });
    expect(filters[0]).toContainEqual({
      ...{ Type: 'TERM_MATCH', Field: 'operatingSystem', Value: 'Linux' },
    });
  });

  it('a second refresh replaces prices and source of the region', async () => {
    const options = { region: 'eu-west-1', ec2, now };
    const first = await startPricing((type) => [priceListEntry(type, '0.1')]);
    const once = await refreshInstances({ ...options, instances, pricing: first.client });
    const second = await startPricing((type) => [priceListEntry(type, '0.2')]);
    const twice = await refreshInstances({ ...options, instances: once, pricing: second.client });
    expect(twice.sources).toHaveLength(once.sources.length);
    expect(twice.types[0]?.pricePerHour['eu-west-1']).toBe(0.2);
  });

  it('rejects prices that it cannot choose from, or that are not for an hour', async () => {
    const options = { instances, region: 'eu-west-1', ec2, now };
    const both = await startPricing((type) => [
      priceListEntry(type, '0.1'),
      priceListEntry(type, '0.2'),
    ]);
    await expect(refreshInstances({ ...options, pricing: both.client })).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_SIZING_REFRESH_FAILED',
        message: expect.stringContaining('2 prices of t4g.medium in eu-west-1') as string,
      }),
    );
    const none = await startPricing(() => []);
    await expect(refreshInstances({ ...options, pricing: none.client })).rejects.toThrow(
      '0 prices',
    );
    const free = await startPricing((type) => [priceListEntry(type, '0.0000000000')]);
    await expect(refreshInstances({ ...options, pricing: free.client })).rejects.toThrow(
      'no price on demand in USD an hour',
    );
  });

  it('names the API that failed, and the permissions', async () => {
    const { client } = await startPricing(() => []);
    const lost = new EC2Client({
      ...{ ...awsTestConnection, endpoint: 'http://127.0.0.1:1' },
      ...{ region: 'eu-west-1', maxAttempts: 1 },
    });
    await expect(
      refreshInstances({ instances, region: 'eu-west-1', ec2: lost, pricing: client }),
    ).rejects.toThrow(/EC2 DescribeInstanceTypes failed: .* needs ec2:DescribeInstanceTypes/);
    lost.destroy();
  });

  it('rejects a region that is none', async () => {
    const { client } = await startPricing(() => []);
    const options = { instances, region: 'Frankfurt', ec2, pricing: client };
    await expect(refreshInstances(options)).rejects.toThrow(
      'region "Frankfurt" is no region of AWS',
    );
  });
});
