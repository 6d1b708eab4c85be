// Computes the tables of costs of docs/aws.md and docs/sizing.md, from the prices of @fairlead/sizing, and from amounts that the template of every part has.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import {
  costFormula,
  costParts,
  exampleMeasurement,
  monthlyCost,
  publishedInstances,
  publishedPrices,
  recommend,
  type CostQuantities,
  type SizedType,
} from '@fairlead/sizing';
import type { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';

import { image } from './support/sample-containers.ts';
import { isolatedProps, templateOf } from './support/sample-stack.ts';
import { storedDeployment } from './support/stored-deployment.ts';

const pageOf = (name: string) => resolve(import.meta.dirname, `../../../docs/${name}.md`);
const HOURS = 730;
/** Request and response of the model, in kB. */
const KB = 2;

/** Service with every option, whose registry is stored elsewhere until its hosts start. */
const everything = templateOf(
  isolatedProps({
    deployment: storedDeployment({}, secrets()),
    ...{
      storage: {},
      queue: {},
      cache: {},
      backup: {},
      watching: {},
      batch: { image: image('t') },
    },
    edge: { firewall: {} },
    hosts: { ...isolatedProps().hosts, min: 0, scaling: { requestsPerSecond: 100 } },
    release: { ...isolatedProps().release, bucket: 'acme-shop-releases' },
  }),
);
const smallest = templateOf(isolatedProps());

function secrets() {
  return {
    gateway: {
      command: ['/opt/shop/current/bin/node', 'main.js'],
      service: { user: 'shop', secretsFile: '/etc/shop/cache.env' },
      environment: storedDeployment().gateway.environment,
    },
    secrets: [
      {
        name: 'cache',
        from: { secretsManager: 'shop/cache' },
        path: '/etc/shop/cache.env',
        variable: 'FAIRLEAD_REDIS_URL',
      },
    ],
  } as const;
}

function count(template: Template, type: string): number {
  return Object.keys(template.findResources(type)).length;
}

interface WebAcl {
  readonly Properties: { readonly Rules: readonly object[] };
}

interface Endpoint {
  readonly Properties: { readonly VpcEndpointType: string };
}

interface Alarm {
  readonly Properties: {
    readonly OKActions?: unknown;
    readonly Metrics?: readonly { readonly MetricStat?: unknown }[];
  };
}

/** Metrics of alarms, each of which has the price of an alarm: of those that send notices, or of those of auto scaling. */
function alarmMetrics(template: Template, sendsNotices: boolean): number {
  const alarms = template.findResources('AWS::CloudWatch::Alarm') as Record<string, Alarm>;
  return Object.values(alarms)
    .map(({ Properties }) => Properties)
    .filter(({ OKActions }) => (OKActions !== undefined) === sendsNotices)
    .flatMap(({ Metrics = [{ MetricStat: {} }] }) => Metrics)
    .filter(({ MetricStat }) => MetricStat !== undefined).length;
}

const amounts = {
  endpoints: Object.values(
    smallest.findResources('AWS::EC2::VPCEndpoint') as Record<string, Endpoint>,
  ).filter(({ Properties }) => Properties.VpcEndpointType === 'Interface').length,
  alarms: alarmMetrics(everything, true),
  firewallRules: Object.values(
    everything.findResources('AWS::WAFv2::WebACL') as Record<string, WebAcl>,
  ).reduce((sum, { Properties }) => sum + Properties.Rules.length, 0),
};

/** Hosts for a rate with a p99 of 50 ms: the cheapest, the cheapest that aren't burstable, and those with x86. */
function hostsFor(requestsPerSecond: number): readonly (SizedType | undefined)[] {
  const { best, others } = recommend({
    ...{ measurement: exampleMeasurement, instances: publishedInstances },
    ...{ requestsPerSecond, p99Ms: 50 },
  });
  const steady = [best, ...others].filter(({ burstable }) => !burstable);
  return [best, steady[0], steady.find(({ architecture }) => architecture === 'x86_64')];
}

/** Amounts of a deployment with a mean rate in every hour of the month. */
function quantitiesOf(
  rate: number,
  { hosts }: Pick<SizedType, 'hosts'>,
  more: Pick<CostQuantities, 'zones' | 'storedGB' | 'trainingHours'>,
): CostQuantities {
  const millionRequests = (rate * 3600 * HOURS) / 1e6;
  return {
    ...{ ...amounts, ...more, hosts, millionRequests, diskGB: 20, cacheNodes: 2 },
    balancerUnits: (rate * 3600 * KB) / 1e6,
    natGB: 5 * hosts,
    // Half of it is the response.
    trafficGB: Math.max(0, (millionRequests * KB) / 2 - 100),
    flowLogGB: hosts,
    logGB: 2 * hosts,
    millionJobs: millionRequests / 1000,
    backupGB: 2 * more.storedGB,
    ...{ trainingProcessors: 2, trainingGB: 8 },
  };
}

const deployments = (
  [
    ['small', 50, { zones: 2, storedGB: 10, trainingHours: 5 }],
    ['middle', 2_000, { zones: 2, storedGB: 50, trainingHours: 20 }],
    ['large', 20_000, { zones: 3, storedGB: 200, trainingHours: 100 }],
  ] as const
).map(([name, rate, more]) => {
  const choices = hostsFor(rate);
  const [best] = choices;
  if (best === undefined) throw new Error(`no hosts for ${rate} requests a second`);
  return { name, rate, choices, best, quantities: quantitiesOf(rate, best, more) };
});

type Row = readonly (string | number)[];

/** Sum of the parts of these kinds, without one that is replaced. */
function sumOf(quantities: CostQuantities, kinds: readonly string[], without = ''): number {
  return costParts
    .filter(({ when, name }) => kinds.includes(when) && name !== without)
    .reduce((sum, part) => sum + monthlyCost(part, quantities), 0);
}

const usd = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const each = (value: (deployment: (typeof deployments)[number]) => number): string[] =>
  deployments.map((deployment) => usd(value(deployment)));

function priceTable(): readonly Row[] {
  const prices = Object.values<{ usd: number; unit: string; source?: string }>(publishedPrices);
  return [
    ['unit', 'USD', 'source'],
    ...prices.map(({ unit, usd: price, source }) => [unit, price, source ?? 'not checked']),
  ];
}

function partTable(): readonly Row[] {
  const total = ({ best, quantities }: (typeof deployments)[number]) =>
    best.monthlyCost + sumOf(quantities, ['always']);
  const rows = (kind: string): Row[] =>
    costParts
      .filter(({ when }) => when === kind)
      .map((part) => [
        part.name,
        `\`${costFormula(part)}\``,
        ...each(({ quantities }) => monthlyCost(part, quantities)),
      ]);
  return [
    ['part', 'formula', ...deployments.map(({ name }) => name)],
    ['hosts', '`fairlead size`', ...each(({ best }) => best.monthlyCost)],
    ...rows('always'),
    ['**total**', '', ...each(total).map((text) => `**${text}**`)],
    ...rows('option'),
    [
      '**total with these options**',
      '',
      ...each((one) => total(one) + sumOf(one.quantities, ['option'])).map((text) => `**${text}**`),
    ],
    ...rows('instead'),
  ];
}

function quantityTable(): readonly Row[] {
  const names = Object.keys(deployments[0]?.quantities ?? {}) as (keyof CostQuantities)[];
  return [
    ['amount', ...deployments.map(({ name }) => name)],
    ...names
      .toSorted()
      .map((name) => [
        `\`${name}\``,
        ...deployments.map(({ quantities }) => Number(quantities[name].toPrecision(4))),
      ]),
  ];
}

function hostTable(): readonly Row[] {
  const describe = (sized: SizedType | undefined) =>
    sized && `${sized.hosts} × ${sized.type}: ${Math.round(sized.monthlyCost)} USD`;
  return [
    ...[['deployment', 'requests/s', 'at the peak', 'cheapest', 'not burstable', 'x86']],
    ...deployments.map(({ name, rate, choices }) => [
      ...[name, rate, rate * 2],
      ...choices.map((sized) => describe(sized) ?? ''),
    ]),
  ];
}

test.each([
  ['sizing', 'deployment', hostTable],
  ['aws', 'part', partTable],
  ['aws', 'amount', quantityTable],
  ['aws', 'unit', priceTable],
] as const)(
  'docs/%s.md has the table that begins with %s, as it is computed',
  (name, head, rows) => {
    const table = new RegExp(`^\\| ${head} +\\|.*\\n(?:\\|.*\\n)+`, 'm');
    const [first = [], ...others] = rows();
    const line = (cells: Row) => `| ${cells.join(' | ')} |\n`;
    const computed = [first, first.map(() => '---'), ...others].map(line).join('');
    if (process.env.FAIRLEAD_UPDATE_DOCS === '1') {
      // Rewrites the page: review the difference like code.
      writeFileSync(
        pageOf(name),
        readFileSync(pageOf(name), 'utf8').replace(table, () => computed),
      );
    }
    const shown = table.exec(readFileSync(pageOf(name), 'utf8'))?.[0] ?? '';
    expect(cellsOf(shown)).toEqual(cellsOf(computed));
  },
);

test('the alarms of auto scaling have as many metrics as their part, with that of target tracking', () => {
  const part = costParts.find(({ name }) => name === 'alarms of auto scaling');
  expect(part?.terms).toEqual([{ price: 'alarm', times: [alarmMetrics(everything, false) + 1] }]);
});

test('the parts have as many keys as the template', () => {
  const keys = costParts
    .filter(({ when }) => when === 'option')
    .flatMap(({ terms }) => terms.filter(({ price }) => price === 'key'));
  expect(keys).toHaveLength(count(everything, 'AWS::KMS::Key'));
});

test('every price is part of a formula', () => {
  const used = new Set(costParts.flatMap(({ terms }) => terms.map(({ price }) => price)));
  expect(Object.keys(publishedPrices).filter((name) => !used.has(name as never))).toEqual([]);
});

/** Cells of a table, however Prettier aligns it. */
function cellsOf(table: string): readonly (readonly string[])[] {
  const lines = table.trimEnd().split('\n');
  return lines
    .filter((_line, index) => index !== 1)
    .map((line) => line.split('|').map((cell) => cell.trim()));
}
