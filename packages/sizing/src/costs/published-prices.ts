/** Price of a service in eu-central-1. */
export interface ServicePrice {
  /** Price in US dollars. */
  readonly usd: number;
  /** Unit that is billed, such as `GB`. */
  readonly unit: string;
  /** Where the price was read, with its date; undefined if it could not be checked. */
  readonly source?: string;
}

const API_OF_AUGUST = 'price list API of AWS, read on 2026-08-26';
const API_OF_JULY = 'price list API of AWS, read on 2026-07-07';
const API_OF_SEPTEMBER = 'price list API of AWS, read on 2026-09-09';
const LIST_OF_MARCH = 'list prices for CloudHealth, 2026-03-26';
const BILL = 'a bill of 30 days in 2026';

/**
 * Prices of the services around hosts, on demand, in eu-central-1. Their sources are quotations in public repositories: the pages of AWS load
 * prices in a browser.
 *
 * @example
 * ```ts
 * import { publishedPrices } from '@fairlead/sizing';
 *
 * console.log(publishedPrices.key.usd, publishedPrices.key.unit); // 1 KMS key
 * ```
 */
export const publishedPrices = {
  balancer: { usd: 0.027, unit: 'hour of a load balancer', source: BILL },
  balancerUnit: { usd: 0.008, unit: 'hour of a capacity unit (LCU)' },
  disk: { usd: 0.0952, unit: 'GB of a gp3 volume', source: API_OF_AUGUST },
  nat: { usd: 0.052, unit: 'hour of a NAT gateway', source: 'a price list without a date' },
  natTraffic: { usd: 0.052, unit: 'GB through a NAT gateway' },
  endpoint: { usd: 0.012, unit: 'hour of an interface endpoint', source: API_OF_SEPTEMBER },
  address: { usd: 0.005, unit: 'hour of a public address', source: API_OF_AUGUST },
  traffic: { usd: 0.09, unit: 'GB to the internet above 100 GB' },
  metric: { usd: 0.3, unit: 'metric' },
  log: { usd: 0.63, unit: 'GB of logs', source: LIST_OF_MARCH },
  alarm: { usd: 0.1, unit: 'alarm of a metric' },
  dashboard: { usd: 3, unit: 'dashboard', source: LIST_OF_MARCH },
  key: { usd: 1, unit: 'KMS key', source: BILL },
  secret: { usd: 0.4, unit: 'secret', source: BILL },
  storage: { usd: 0.0245, unit: 'GB in S3', source: 'price page of AWS, September 2024' },
  queueRequests: { usd: 0.4, unit: 'million requests to SQS' },
  cacheNode: { usd: 0.0304, unit: 'hour of a node cache.t4g.small with Valkey' },
  firewall: { usd: 5, unit: 'web ACL of WAF' },
  firewallRule: { usd: 1, unit: 'rule of a web ACL' },
  firewallRequests: { usd: 0.6, unit: 'million requests through WAF' },
  cdnRequests: { usd: 1.2, unit: 'million HTTPS requests to CloudFront', source: LIST_OF_MARCH },
  cdnTraffic: { usd: 0.085, unit: 'GB from CloudFront' },
  backup: { usd: 0.06, unit: 'GB of backups of S3' },
  taskProcessor: { usd: 0.04656, unit: 'hour of a vCPU on Fargate', source: API_OF_JULY },
  taskMemory: { usd: 0.00511, unit: 'hour of a GB of memory on Fargate', source: API_OF_JULY },
} as const satisfies Readonly<Record<string, ServicePrice>>;

/** Name of a price. */
export type PriceName = keyof typeof publishedPrices;
