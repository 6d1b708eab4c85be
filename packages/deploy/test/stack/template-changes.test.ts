import { expect, it } from 'vitest';

import { templateChanges } from '../../src/stack.ts';

const group = (days: number, more: object = {}) => ({
  ...{ Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: days } },
  ...more,
});

it('finds resources, parameters and outputs that are added, changed and removed', () => {
  const before = {
    Parameters: { Old: { Type: 'String' } },
    Resources: { Same: group(1), Changed: group(7), Removed: group(1) },
    Outputs: { Url: { Value: 'a' } },
  };
  const after = {
    Resources: { Same: group(1), Changed: group(30), Added: group(1) },
    Outputs: { Url: { Value: { Ref: 'Added' } } },
  };
  const type = 'AWS::Logs::LogGroup';
  expect(templateChanges(before, after)).toEqual([
    {
      ...{ action: 'modify', subject: 'Changed', type, replacement: 'unknown' },
      details: ['Properties.RetentionInDays: 7 → 30'],
    },
    { action: 'add', subject: 'Added', type, details: [], replacement: 'no' },
    { action: 'remove', subject: 'Removed', type, details: [], replacement: 'no' },
    { action: 'remove', subject: 'Old', type: 'Parameter', details: [], replacement: 'no' },
    {
      ...{ action: 'modify', subject: 'Url', type: 'Output', replacement: 'unknown' },
      details: ['Value'],
    },
  ]);
});

it.each([
  [7, 30, 'Properties.X: 7 → 30'],
  [false, true, 'Properties.X: false → true'],
  [undefined, '0.0.0.0/0', 'Properties.X: none → 0.0.0.0/0'],
  ['fd00::/8', '::/0', 'Properties.X: fd00::/8 → ::/0'],
  ['hunter2', 'correct horse', 'Properties.X'],
  ['', 'hunter2', 'Properties.X'],
  [7, '4929123412341234', 'Properties.X'],
  [['A=1'], ['A=2'], 'Properties.X'],
])('a change from %j to %j is shown as %s', (before, after, expected) => {
  const template = (X: unknown) => ({ Resources: { A: { Type: 'T', Properties: { X } } } });
  expect(templateChanges(template(before), template(after))[0]?.details).toEqual([expected]);
});

it('does not compare the metadata of the CDK', () => {
  const before = { Resources: { A: group(1, { Metadata: { 'aws:cdk:path': 'Old/A' } }) } };
  const metadata = { Type: 'AWS::CDK::Metadata', Properties: { Analytics: 'x' } };
  const after = {
    Resources: { A: group(1, { Metadata: { 'aws:cdk:path': 'New/A' } }), CDKMetadata: metadata },
  };
  expect(templateChanges(before, after)).toEqual([]);
});

it('a resource of another type is replaced', () => {
  const after = { Resources: { A: { Type: 'AWS::S3::Bucket' } } };
  expect(templateChanges({ Resources: { A: group(1) } }, after)).toMatchObject([
    { action: 'modify', subject: 'A', type: 'AWS::S3::Bucket', replacement: 'yes' },
  ]);
});

it.each([undefined, null, 7, 'Resources:', [], { Resources: [] }])(
  '%j is an empty template',
  (value) => {
    expect(templateChanges(value, { Resources: { A: group(1) } })).toMatchObject([
      { action: 'add', subject: 'A' },
    ]);
  },
);
