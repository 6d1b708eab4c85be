import { describe, expect, test } from 'vitest';
import { checkMetricDefinition, checkNamespace } from '../../src/cloudwatch/metric-definition.ts';

const refused = expect.objectContaining({
  name: 'MonitoringError',
  code: 'ERR_MONITORING_CLOUDWATCH_METRIC_INVALID',
}) as Error;

function dimensions(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, 'v']));
}

describe('checkMetricDefinition', () => {
  test.each([
    { name: 'Latency' },
    { name: 'n'.repeat(255), unit: 'Count/Second' as const },
    { name: 'Latency', dimensions: dimensions(30) },
    { name: 'Latency', dimensions: { [`d${'x'.repeat(254)}`]: 'v'.repeat(1024) } },
  ])('takes what CloudWatch takes', (definition) => {
    expect(() => {
      checkMetricDefinition(definition);
    }).not.toThrow();
  });

  test.each([
    ['an empty name', { name: '' }],
    ['a blank name', { name: '  ' }],
    ['a name that is too long', { name: 'n'.repeat(256) }],
    ['a name with a letter beyond ASCII', { name: 'Größe' }],
    ['a name with a control character', { name: 'a\tb' }],
    ['31 dimensions', { name: 'n', dimensions: dimensions(31) }],
    ['an empty dimension value', { name: 'n', dimensions: { d: '' } }],
    ['a dimension value that is too long', { name: 'n', dimensions: { d: 'v'.repeat(1025) } }],
    ['a dimension name with a colon in front', { name: 'n', dimensions: { ':d': 'v' } }],
    ['a dimension name that is too long', { name: 'n', dimensions: { ['d'.repeat(256)]: 'v' } }],
  ])('refuses %s', (_what, definition) => {
    expect(() => {
      checkMetricDefinition(definition);
    }).toThrow(refused);
  });

  test('refuses a unit that CloudWatch does not know', () => {
    expect(() => {
      checkMetricDefinition({ name: 'n', unit: 'Fortnights' as 'Seconds' });
    }).toThrow(/"Fortnights"/);
  });
});

describe('checkNamespace', () => {
  test.each(['Fairlead', 'My/Service', 'a'.repeat(255)])('takes %s', (namespace) => {
    expect(() => {
      checkNamespace(namespace);
    }).not.toThrow();
  });

  test.each(['', ' ', 'AWS/EC2', ':a', 'ä', 'a'.repeat(256)])('refuses "%s"', (namespace) => {
    expect(() => {
      checkNamespace(namespace);
    }).toThrow(refused);
  });
});
