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
