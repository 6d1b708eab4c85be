import type { Template } from 'aws-cdk-lib/assertions';

interface Statement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly NotResource?: unknown;
  readonly Resource?: unknown;
}

/** Returns what the roles of a template are allowed, as `action,action on resource`. */
export function statementsOf(template: Record<string, unknown>): string[] {
  const resources = Object.values(template.Resources as Record<string, Resource>);
  const documents = resources.flatMap(({ Type, Properties }) => {
    if (Type === 'AWS::IAM::Policy' || Type === 'AWS::IAM::ManagedPolicy') {
      return [Properties?.PolicyDocument];
    }
    if (Type !== 'AWS::IAM::Role') return [];
    return (Properties?.Policies ?? []).map(({ PolicyDocument }) => PolicyDocument);
  });
  return documents
    .flatMap((document) => document?.Statement ?? [])
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap((statement) => {
      const actions = [statement.Action ?? `* but ${JSON.stringify(statement.NotAction)}`].flat();
      return [statement.Resource ?? `* but ${JSON.stringify(statement.NotResource)}`]
        .flat()
        .map((resource) => `${actions.join(',')} on ${flatten(resource)}`);
    });
}

interface Resource {
  readonly Type: string;
  readonly Properties?: {
    readonly PolicyDocument?: { readonly Statement: readonly Statement[] };
    readonly Policies?: readonly {
      readonly PolicyDocument: { readonly Statement: readonly Statement[] };
    }[];
  };
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const { 'Fn::Join': join } = value as { 'Fn::Join'?: [string, unknown[]] };
  return join === undefined ? JSON.stringify(value) : join[1].map(flatten).join(join[0]);
}

/**
 * Returns the statements of the policies whose logical id matches, each as `action action on resource resource if condition`, with references as
 * `<Name.Attribute>` without the hash of the CDK. It says everything that a statement has.
 */
export function policyTexts(template: Template, id: RegExp): readonly string[] {
  return Object.entries(template.findResources('AWS::IAM::Policy'))
    .filter(([name]) => id.test(name))
    .flatMap(([, policy]) => (policy as Resource).Properties?.PolicyDocument?.Statement ?? [])
    .map((statement) => statementText(statement));
}

/** Returns who may assume the roles whose logical ids match, each statement as `principal action if condition`. */
export function trustOf(template: Template, id: RegExp): readonly string[] {
  return Object.entries(template.findResources('AWS::IAM::Role'))
    .filter(([name]) => id.test(name))
    .flatMap(([, role]) => {
      const { AssumeRolePolicyDocument } = (
        role as { Properties: { AssumeRolePolicyDocument: { Statement: object[] } } }
      ).Properties;
      return AssumeRolePolicyDocument.Statement.map((statement) => statementText(statement));
    });
}

/** Returns one statement: those that aren't of a role begin with their effect, if it isn't `Allow`, and their principal. */
export function statementText(statement: object): string {
  const { Effect, Principal, Action, Resource, Condition, ...rest } = statement as Statement &
    Readonly<Record<string, unknown>>;
  const list = (value: unknown) => [value].flat().map(readable).join(' ');
  return [
    ...(Effect === 'Allow' ? [] : [Effect]),
    ...(Principal === undefined ? [] : [readable(Principal)]),
    list(Action),
    ...(Resource === undefined ? [] : ['on', list(Resource)]),
    ...(Condition === undefined ? [] : ['if', readable(Condition)]),
    ...Object.entries(rest).map(([name, value]) => `(${name} ${readable(value)})`),
  ].join(' ');
}

/** Returns a value of a template as text, with references as `<Name.Attribute>`. */
export function readable(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(readable).join(' ')}]`;
  const [[key, inner] = ['', undefined]] = Object.entries(value);
  if (key === 'Ref') return `<${withoutHash(String(inner))}>`;
  if (key === 'Fn::GetAtt') {
    const [name = '', attribute = ''] = inner as string[];
    return `<${withoutHash(name)}.${attribute}>`;
  }
  if (key === 'Fn::Join') {
    const [separator, parts] = inner as [string, unknown[]];
    return parts.map(readable).join(separator);
  }
  return Object.entries(value)
    .map(([name, each]) => `${name} ${readable(each)}`)
    .join(', ');
}

function withoutHash(name: string): string {
  return name.replace(/[0-9A-F]{8}$/, '');
}
