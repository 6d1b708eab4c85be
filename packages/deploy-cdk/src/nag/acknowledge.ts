import { Stack, Validations } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Acknowledges a rule of cdk-nag on a construct and those below it, with the reason. */
export function acknowledgeRule(scope: IConstruct, rule: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/**
 * Acknowledges the resources with wildcards of these statements on a construct that has them in a policy, with the reason. Wildcards of other
 * statements are still reported.
 */
export function acknowledgeWildcards(
  scope: IConstruct,
  statements: readonly PolicyStatement[],
  reason: string,
): void {
  const resources = statements.flatMap((statement) =>
    statement.resources.map((resource) => flatten(Stack.of(scope).resolve(resource))),
  );
  for (const resource of new Set(resources)) {
    if (resource.includes('*')) acknowledgeRule(scope, `IAM5[Resource::${resource}]`, reason);
  }
}

/** Returns the text that cdk-nag has for a value of a template. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value.replaceAll('${', '<').replaceAll('}', '>');
  if (typeof value === 'object' && value !== null) {
    if ('Fn::Join' in value) {
      const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
      return parts.map(flatten).join(separator);
    }
    if ('Fn::GetAtt' in value) {
      const [resource, attribute] = value['Fn::GetAtt'] as [unknown, unknown];
      return `<${flatten(resource)}.${flatten(attribute)}>`;
    }
    if ('Ref' in value) return `<${flatten(value.Ref)}>`;
    if ('Fn::Sub' in value) return flatten(value['Fn::Sub']);
  }
  return JSON.stringify(value);
}
