import { readFileSync } from 'node:fs';

/** A setting as the TSDoc of its declaration describes it. */
export interface DocumentedSetting {
  /** Dotted name, with `[]` for an entry of a list and `<name>` for a name that a deployment chooses. */
  readonly name: string;
  /** Text of `@defaultValue`; `required` for a setting that must be given, empty for an optional object without a default. */
  readonly fallback: string;
  readonly description: string;
}

interface Declaration {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
  readonly comment: string;
}

const sources = [
  'deployment-input.ts',
  'nginx-input.ts',
  'layout.ts',
  'secrets/secret-input.ts',
  'state/backup-input.ts',
  'containers/containers-input.ts',
  'environments/environment-input.ts',
  'certificate/acme-input.ts',
].map((file) => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8'));

/** Reads the members of an interface, which are declared as `/** … *\/ readonly name?: type;`. */
function membersOf(name: string): readonly Declaration[] {
  const body = sources
    .map((text) => new RegExp(`^export interface ${name} \\{\n(.*?)^\\}`, 'ms').exec(text)?.[1])
    .find((found) => found !== undefined);
  if (body === undefined) return [];
  const member = /\/\*\*(.*?)\*\/\s*readonly (\w+)(\??):\s+([^;]+);/gs;
  return Array.from(body.matchAll(member), ([, comment = '', key = '', mark, type = '']) => ({
    name: key,
    optional: mark === '?',
    type,
    comment: comment
      .replaceAll(/^\s*\* ?/gm, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  }));
}

/** Lists the settings of an interface in the order of their declarations, those of inner objects after the object. */
export function documentedSettings(
  type = 'DeploymentInput',
  prefix = '',
): readonly DocumentedSetting[] {
  const settings = membersOf(type).flatMap(({ name, optional, type: text, comment }) => {
    const [description = '', fallback = ''] = comment.split(/\s*@defaultValue\s*/);
    const setting = {
      name: `${prefix}${name}`,
      fallback: optional ? fallback : 'required',
      description,
    };
    const inner = [...text.matchAll(/\b(?:\w+Input|Layout)\b/g)];
    return [
      setting,
      ...inner.flatMap(({ 0: each, index }) =>
        documentedSettings(each, `${setting.name}${suffixOf(text, index)}`),
      ),
    ];
  });
  // Listeners for HTTP and HTTPS have settings of the same names.
  return settings.filter(
    ({ name, description }, index) =>
      index ===
      settings.findIndex((other) => other.name === name && other.description === description),
  );
}

/** Returns what follows the name of a setting whose type has another one at an index: an entry of a list, of a record, or an object. */
function suffixOf(text: string, index: number): string {
  if (text.includes('Record<')) return '.<name>.';
  const before = text.slice(0, index);
  const isInTuple = before.split('[').length > before.split(']').length;
  return text.startsWith('readonly ') || isInTuple ? '[].' : '.';
}
