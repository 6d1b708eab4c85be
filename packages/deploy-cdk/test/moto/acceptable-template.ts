import type { Template } from 'aws-cdk-lib/assertions';

interface Resources {
  readonly [id: string]: { readonly Type: string; readonly Properties?: object };
}

/** What moto 5.2.5 refuses, which would end the creation of the whole stack. */
export const refusedByMoto = {
  /** Attributes of resources that it creates. */
  attributes: ['LoadBalancerFullName', 'TargetGroupFullName'],
  /** References to resources that it leaves out, from resources that it creates. */
  references: ['AWS::IAM::OIDCProvider', 'AWS::SecretsManager::Secret'],
  /** Rules of security groups for a list of networks. */
  rules: ['SourcePrefixListId'],
} as const;

/** Returns a template without what moto refuses: references become texts, and rules are left out. */
export function acceptableTemplate(template: Template): { readonly Resources: Resources } {
  const json = template.toJSON() as { readonly Resources: Resources };
  const kept = Object.entries(json.Resources).filter(
    ([, { Properties = {} }]) => !refusedByMoto.rules.some((name) => name in Properties),
  );
  const Resources = replaced(Object.fromEntries(kept), json.Resources) as Resources;
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
