import type { PriceName } from './published-prices.ts';

/** Amounts of a deployment that its costs follow from, for a month. */
export interface CostQuantities {
  readonly hosts: number;
  /** Availability Zones. */
  readonly zones: number;
  /** Mean of the capacity units of the load balancer: GB an hour, unless there are many new connections. */
  readonly balancerUnits: number;
  /** GB of the disk of a host. */
  readonly diskGB: number;
  /** GB that hosts load from the internet. */
  readonly natGB: number;
  /** Endpoints of services, in each zone. */
  readonly endpoints: number;
  /** GB of responses, above the first 100. */
  readonly trafficGB: number;
  /** Millions of requests. */
  readonly millionRequests: number;
  readonly flowLogGB: number;
  readonly storedGB: number;
  /** Metrics of the alarms that send notices. */
  readonly alarms: number;
  readonly logGB: number;
  /** Millions of asynchronous jobs, with four requests to SQS each. */
  readonly millionJobs: number;
  readonly cacheNodes: number;
  /** Rules of the web ACL. */
  readonly firewallRules: number;
  /** GB in all recovery points. */
  readonly backupGB: number;
  /** Hours of trainings. */
  readonly trainingHours: number;
  readonly trainingProcessors: number;
  /** GB of memory of a training. */
  readonly trainingGB: number;
}

/** Product of amounts, hours of the month, and a price. */
export interface CostTerm {
  readonly price: PriceName;
  /** Names of amounts, and numbers. */
  readonly times: readonly (keyof CostQuantities | number)[];
  /** The price is for an hour, and counts for every hour of the month. */
  readonly hourly?: boolean;
}

/** Part of the costs. */
export interface CostPart {
  readonly name: string;
  /** Every deployment has it; `'option'` if an option adds it, `'instead'` if it replaces another part. */
  readonly when: 'always' | 'option' | 'instead';
  readonly terms: readonly CostTerm[];
}

/**
 * Parts of the costs beside hosts.
 *
 * @example
 * ```ts
 * import { costFormula, costParts } from '@fairlead/sizing';
 *
 * const disks = costParts.find(({ name }) => name === 'disks');
 * console.log(disks && costFormula(disks)); // hosts × diskGB × 0.0952
 * ```
 */
export const costParts: readonly CostPart[] = [
  {
    name: 'load balancer',
    when: 'always',
    terms: [
      { price: 'balancer', times: [], hourly: true },
      { price: 'balancerUnit', times: ['balancerUnits'], hourly: true },
    ],
  },
  { name: 'disks', when: 'always', terms: [{ price: 'disk', times: ['hosts', 'diskGB'] }] },
  {
    name: "NAT gateways, `internetAccess: 'nat'`",
    when: 'always',
    terms: [
      { price: 'nat', times: ['zones'], hourly: true },
      { price: 'natTraffic', times: ['natGB'] },
    ],
  },
  {
    name: 'public addresses of load balancer and NAT gateways',
    when: 'always',
    terms: [{ price: 'address', times: [2, 'zones'], hourly: true }],
  },
  {
    name: 'metrics of hosts, every minute',
    when: 'always',
    terms: [{ price: 'metric', times: ['hosts', 7] }],
  },
  {
    // That of target tracking has one metric, and that which removes hosts four.
    ...{ name: 'alarms of auto scaling', when: 'always' },
    terms: [{ price: 'alarm', times: [5] }],
  },
  {
    name: 'flow log of the network',
    when: 'always',
    terms: [{ price: 'log', times: ['flowLogGB'] }],
  },
  {
    name: 'responses to the internet',
    when: 'always',
    terms: [{ price: 'traffic', times: ['trafficGB'] }],
  },
  {
    name: '`storage`',
    when: 'option',
    terms: [
      { price: 'key', times: [] },
      { price: 'storage', times: ['storedGB'] },
    ],
  },
  {
    name: '`watching`',
    when: 'option',
    terms: [
      { price: 'key', times: [] },
      { price: 'alarm', times: ['alarms'] },
      { price: 'dashboard', times: [] },
      { price: 'log', times: ['logGB'] },
    ],
  },
  {
    name: '`queue`',
    when: 'option',
    terms: [{ price: 'queueRequests', times: ['millionJobs', 4] }],
  },
  {
    name: '`cache`',
    when: 'option',
    terms: [
      { price: 'key', times: [] },
      { price: 'secret', times: [] },
      { price: 'cacheNode', times: ['cacheNodes'], hourly: true },
    ],
  },
  {
    name: '`backup`',
    when: 'option',
    terms: [
      { price: 'key', times: [] },
      { price: 'backup', times: ['backupGB'] },
    ],
  },
  {
    name: '`batch`',
    when: 'option',
    terms: [
      { price: 'key', times: [] },
      { price: 'taskProcessor', times: ['trainingHours', 'trainingProcessors'] },
      { price: 'taskMemory', times: ['trainingHours', 'trainingGB'] },
    ],
  },
  {
    name: '`edge.firewall`',
    when: 'option',
    terms: [
      { price: 'firewall', times: [] },
      { price: 'firewallRule', times: ['firewallRules'] },
      { price: 'firewallRequests', times: ['millionRequests'] },
    ],
  },
  {
    name: "endpoints in place of NAT gateways, `internetAccess: 'none'`",
    when: 'instead',
    terms: [{ price: 'endpoint', times: ['endpoints', 'zones'], hourly: true }],
  },
  {
    name: '`edge.distribution`, with the responses',
    when: 'instead',
    terms: [
      { price: 'key', times: [] },
      { price: 'cdnRequests', times: ['millionRequests'] },
      { price: 'cdnTraffic', times: ['trafficGB'] },
    ],
  },
];
