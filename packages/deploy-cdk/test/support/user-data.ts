import type { Template } from 'aws-cdk-lib/assertions';

/** User data of the hosts of a template. */
export interface HostUserData {
  readonly config: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>> & { readonly signals: readonly unknown[] };
}

/** Reads cloud-config and the settings of the first boot; a reference to a resource is a text in them, which becomes an object again. */
export function userDataOf(template: Template): HostUserData {
  const [launchTemplate] = Object.values(template.findResources('AWS::EC2::LaunchTemplate'));
  const { LaunchTemplateData } = launchTemplate?.Properties as {
    LaunchTemplateData: {
      UserData: { 'Fn::Base64': string | { 'Fn::Join': [string, unknown[]] } };
    };
  };
  const encoded = LaunchTemplateData.UserData['Fn::Base64'];
  const parts = typeof encoded === 'string' ? [encoded] : encoded['Fn::Join'][1];
  const references = new Map<string, unknown>();
  const text = parts
    .map((part, i) => {
      if (typeof part === 'string') return part;
      references.set(`reference-${i}`, part);
      return `reference-${i}`;
    })
    .join('');
  const [, json = ''] = text.split('#cloud-config\n');
  const config = JSON.parse(json) as { write_files: { path: string; content: string }[] };
  const file = config.write_files.find(({ path }) => path.endsWith('settings.json'));
  const settings = JSON.parse(file?.content ?? '{}', (_, value: unknown) =>
    typeof value === 'string' ? (references.get(value) ?? value) : value,
  ) as HostUserData['settings'];
  return { config: { ...config }, settings };
}
