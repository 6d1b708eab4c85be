import type { Template } from 'aws-cdk-lib/assertions';

import { readable } from './statements.ts';

interface Rule {
  readonly GroupId?: unknown;
  readonly CidrIp?: string;
  readonly SourcePrefixListId?: string;
  readonly SourceSecurityGroupId?: unknown;
  readonly DestinationSecurityGroupId?: unknown;
  readonly IpProtocol: string;
  readonly FromPort: number;
  readonly ToPort: number;
}

/** Every rule of every security group of a template, such as `HostGroup in: BalancerGroup tcp 8080` and `HostGroup out: 0.0.0.0/0 tcp 443`, sorted. */
export function connectionsOf(template: Template): readonly string[] {
  const propertiesOf = (type: string) =>
    Object.entries(template.findResources(type)).map(
      ([id, resource]) => [id, (resource as { Properties: unknown }).Properties] as const,
    );
  const inline = propertiesOf('AWS::EC2::SecurityGroup').flatMap(([id, properties]) => {
    const { SecurityGroupIngress = [], SecurityGroupEgress = [] } = properties as {
      readonly SecurityGroupIngress?: readonly Rule[];
      readonly SecurityGroupEgress?: readonly Rule[];
    };
    const group = { 'Fn::GetAtt': [id, 'GroupId'] };
    return [
      ...SecurityGroupIngress.map((rule) => describe(group, 'in', rule)),
      ...SecurityGroupEgress.map((rule) => describe(group, 'out', rule)),
    ];
  });
  const separate = (['Ingress', 'Egress'] as const).flatMap((kind) =>
    propertiesOf(`AWS::EC2::SecurityGroup${kind}`).map(([, properties]) => {
      const rule = properties as Rule;
      return describe(rule.GroupId, kind === 'Ingress' ? 'in' : 'out', rule);
    }),
  );
  return [...inline, ...separate].toSorted();
}

function describe(group: unknown, direction: string, rule: Rule): string {
  const { CidrIp, SourcePrefixListId, IpProtocol, FromPort, ToPort } = rule;
  const other =
    CidrIp ??
    SourcePrefixListId ??
    nameOf(rule.SourceSecurityGroupId ?? rule.DestinationSecurityGroupId);
  const ports = FromPort === ToPort ? String(FromPort) : `${FromPort}-${ToPort}`;
  return `${nameOf(group)} ${direction}: ${other} ${IpProtocol} ${ports}`;
}

/** Name of the construct of a group, such as `HostGroup`. */
function nameOf(reference: unknown): string {
  return readable(reference).replace(/^<(?:.*?(?:Network|Cache))?(\w+)\.GroupId>$/, '$1');
}
