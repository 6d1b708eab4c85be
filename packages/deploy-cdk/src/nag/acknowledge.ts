import { Reference, Stack, Tokenization, Validations } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Acknowledges a rule of cdk-nag on a construct and those below it, with the reason. */
export function acknowledgeRule(scope: IConstruct, rule: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/** Reason for `*` as the resource of actions for which the Service Authorization Reference of AWS has no resource types. */
export const NO_RESOURCES = 'There are no resources that a policy could name.';

const reasons = new WeakMap<PolicyStatement, string>();

/** Gives a statement the reason for the wildcards in its resources, and returns it. */
export function argued(reason: string, statement: PolicyStatement): PolicyStatement {
  reasons.set(statement, reason);
  return statement;
}

/**
 * Acknowledges the resources with wildcards of these statements on a construct that has them in a policy, each with the actions and the reason of its
 * statement. Wildcards of statements without a reason are still reported.
 */
export function acknowledgeWildcards(
  scope: IConstruct,
  statements: readonly PolicyStatement[],
): void {
  const found = statements.flatMap((statement) => {
    const reason = reasons.get(statement);
    if (reason === undefined) return [];
    const text = `${statement.actions.join(', ')}: ${reason}`;
    return statement.resources
      .map((resource) => flatten(Stack.of(scope).resolve(imported(scope, resource))))
      .filter((resource) => resource.includes('*'))
      .map((resource) => ({ resource, text }));
  });
  for (const [resource, all] of Map.groupBy(found, (each) => each.resource)) {
    const texts = new Set(all.map(({ text }) => text));
    acknowledgeRule(scope, `IAM5[Resource::${resource}]`, [...texts].join(' '));
  }
}

/** Replaces references to resources of another stack by imports, as the synthesis does later. */
function imported(scope: IConstruct, text: string): string {
  const fragments = Tokenization.reverseString(text).mapTokens({
    mapToken: (token) => {
      if (!Reference.isReference(token)) return token;
      const owner = Stack.of(token.target);
      // Values such as the region are of the stack itself.
      if (owner === Stack.of(scope) || Stack.isStack(token.target)) return token;
      return Tokenization.reverseCompleteString(owner.exportValue(token)) ?? token;
    },
  });
  return String(fragments.join({ join: (left, right) => `${left}${right}` }));
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
    if ('Fn::ImportValue' in value) return flatten(value['Fn::ImportValue']);
    if ('Ref' in value) return `<${flatten(value.Ref)}>`;
    if ('Fn::Sub' in value) return flatten(value['Fn::Sub']);
  }
  return JSON.stringify(value);
}
