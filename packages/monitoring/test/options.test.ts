import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { cloudWatchObserver, CloudWatchPublisher } from '../src/cloudwatch/index.ts';
import {
  captureMetrics,
  combineObservers,
  createLogger,
  driftMetrics,
  ErrorGroups,
  httpMetrics,
  InferenceMetrics,
  JobMetrics,
  KeysFileMetrics,
  LimitMetrics,
  metricsHandler,
  modelMemoryMetrics,
  MonitoringError,
  noticeMetrics,
  Notifier,
  RecordMetrics,
  requestLog,
  outcomeMetrics,
  rolloutMetrics,
  sentryDestination,
  StalenessMetrics,
  webhookDestination,
  windowMetrics,
} from '../src/index.ts';
import { snsDestination } from '../src/sns/index.ts';

/** A factory as plain JavaScript calls it. */
type AnyFactory = (options?: unknown) => unknown;

const destination = { write: () => undefined };
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const client = { send: () => Promise.resolve() };
const publisher = { metric: () => ({ record: () => undefined }) };

function construct(type: unknown): AnyFactory {
  return (options) => Reflect.construct(type as new (options: unknown) => object, [options]);
}

const factories: readonly (readonly [name: string, factory: AnyFactory, options: object])[] = [
  ['captureMetrics', captureMetrics as AnyFactory, { registry: new Registry(), read: String }],
  ['createLogger', createLogger as AnyFactory, { destination, service: 'shop' }],
  ['new ErrorGroups', construct(ErrorGroups), {}],
  ['driftMetrics', driftMetrics as AnyFactory, { registry: new Registry(), read: String }],
  ['httpMetrics', httpMetrics as AnyFactory, { registry: new Registry(), routeGroup: String }],
  ['new InferenceMetrics', construct(InferenceMetrics), {}],
  ['new JobMetrics', construct(JobMetrics), { registry: new Registry(), depth: String }],
  ['new KeysFileMetrics', construct(KeysFileMetrics), { registry: new Registry() }],
  ['new LimitMetrics', construct(LimitMetrics), { registry: new Registry() }],
  ['metricsHandler', (options) => metricsHandler(new Registry(), options as object), {}],
  [
    'modelMemoryMetrics',
    modelMemoryMetrics as AnyFactory,
    { registry: new Registry(), read: String },
  ],
  ['new Notifier', construct(Notifier), { destinations: [], service: 'shop' }],
  ['noticeMetrics', noticeMetrics as AnyFactory, { registry: new Registry(), read: String }],
  ['outcomeMetrics', outcomeMetrics as AnyFactory, { registry: new Registry(), read: String }],
  ['rolloutMetrics', rolloutMetrics as AnyFactory, { registry: new Registry(), read: String }],
  ['new RecordMetrics', construct(RecordMetrics), { registry: new Registry() }],
  [
    'windowMetrics',
    windowMetrics as AnyFactory,
    { registry: new Registry(), read: String, spooled: String },
  ],
  ['requestLog', requestLog as AnyFactory, { logger }],
  ['sentryDestination', sentryDestination as AnyFactory, { dsn: 'https://key@errors.example/7' }],
  [
    'snsDestination',
    snsDestination as AnyFactory,
    { client, topicArn: 'arn:aws:sns:eu-central-1:123456789012:notices' },
  ],
  [
    'webhookDestination',
    webhookDestination as AnyFactory,
    { url: 'https://hooks.example/x', sender: { deliver: () => undefined, allows: () => true } },
  ],
  ['new StalenessMetrics', construct(StalenessMetrics), { registry: new Registry() }],
  [
    'cloudWatchObserver',
    (options) => cloudWatchObserver(publisher, options as { service: string }),
    { service: 'shop' },
  ],
  ['new CloudWatchPublisher', construct(CloudWatchPublisher), { client, namespace: 'Fairlead' }],
];

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(MonitoringError);
    expect(error).toMatchObject({ code: 'ERR_MONITORING_INVALID_OPTION' });
    return (error as Error).message;
  }
  return 'no error';
}

describe.each(factories)('%s', (name, factory, options) => {
  it('refuses an unknown option', () => {
    expect(messageOf(() => factory({ ...options, color: 'red' }))).toContain(
      `${name}: unknown option "color". Known are `,
    );
  });

  it.each([null, 'text', 7, []])('refuses %j in place of an object', (value) => {
    expect(messageOf(() => factory(value))).toContain(`${name}: expected an object of options`);
  });

  it('refuses options without a required one', () => {
    for (const missing of Object.keys(options)) {
      const rest = Object.fromEntries(Object.entries(options).filter(([key]) => key !== missing));
      expect(messageOf(() => factory(rest))).toBe(`${name}: option ${missing} is missing.`);
    }
  });

  it('refuses a number for each option that is an object, a function or a text', () => {
    for (const wrong of Object.keys(options).filter((key) => key !== 'namespace')) {
      if (name === 'cloudWatchObserver') continue;
      expect(messageOf(() => factory({ ...options, [wrong]: 7 }))).toContain(
        `Option ${wrong}: expected `,
      );
    }
  });
});

it('suggests the option that was probably meant', () => {
  expect(messageOf(() => construct(InferenceMetrics)({ maxVersion: 3 }))).toBe(
    'new InferenceMetrics: unknown option "maxVersion". Did you mean `maxVersions`? Known are registry, maxVersions.',
  );
});

it('refuses a metric with an unknown field, and an unknown option of close', () => {
  const own = new CloudWatchPublisher({ client, namespace: 'Fairlead' });
  const metric = own.metric.bind(own) as AnyFactory;
  expect(messageOf(() => metric({ name: 'Latency', dimension: {} }))).toContain(
    'Did you mean `dimensions`?',
  );
  expect(messageOf(() => metric())).toContain('metric: expected an object of options');
  const close = own.close.bind(own) as AnyFactory;
  expect(messageOf(() => close({ deadline: 1 }))).toContain('unknown option "deadline"');
  return own.close();
});

it('refuses an observer, a registry and a publisher without their methods', () => {
  expect(messageOf(() => (combineObservers as AnyFactory)({}))).toContain('observers[0]');
  expect(messageOf(() => (metricsHandler as AnyFactory)())).toContain('Option registry');
  expect(messageOf(() => cloudWatchObserver({} as typeof publisher, { service: 'a' }))).toContain(
    'Option publisher',
  );
});
