import type { Template } from 'aws-cdk-lib/assertions';

type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>;

/** Parts of a template that moto 5.2.5 refuses, which would end the creation of the whole stack. */
const refusedByMoto = {
  /** Attributes of resources that it creates. */
  attributes: ['LoadBalancerFullName', 'TargetGroupFullName'],
  /** References to resources that it leaves out, from resources that it creates. */
  references: ['AWS::IAM::OIDCProvider', 'AWS::SecretsManager::Secret'],
  /** Types of resources, which need a role of their service there. */
  types: ['AWS::Batch::ComputeEnvironment', 'AWS::Batch::JobDefinition', 'AWS::Batch::JobQueue'],
  /** Rules of security groups for a list of networks. */
  rules: ['SourcePrefixListId'],
} as const;

/** Returns a template without what moto refuses: references become texts, and these rules and types are left out. */
export function acceptableTemplate(template: Template): { readonly Resources: Resources } {
  const json = template.toJSON() as { readonly Resources: Resources };
  const accepted = Object.entries(json.Resources).filter(
    ([, { Type, Properties = {} }]) =>
      !refusedByMoto.types.some((each) => each === Type) &&
      !refusedByMoto.rules.some((name) => name in Properties),
  );
  const Resources = replaced(Object.fromEntries(accepted), json.Resources) as Resources;
  return { ...json, Resources };
}

function replaced(value: unknown, resources: Resources): unknown {
  if (Array.isArray(value)) return value.map((each) => replaced(each, resources));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': attribute } = value as {
    readonly Ref?: string;
    readonly 'Fn::GetAtt'?: readonly [string, string];
  };
  const id = Ref ?? attribute?.[0] ?? '';
  const type = resources[id]?.Type ?? '';
  if (
    refusedByMoto.references.some((each) => each === type) ||
    refusedByMoto.attributes.some((each) => each === attribute?.[1])
  ) {
    return `arn:aws:replaced:us-east-1:123456789012:${id}`;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, replaced(each, resources)]),
  );
}
