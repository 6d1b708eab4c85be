import { DeployConfigError } from '../deploy-config-error.ts';
import { isAbsolutePath } from '../values/absolute-path.ts';
import { didYouMean } from '../did-you-mean.ts';
import { unitDirectiveKinds, type Unit, type UnitValueKind } from './unit-directive.ts';

function refuse(name: string, why: string): never {
  throw new DeployConfigError('ERR_SYSTEMD_VALUE', `systemd directive "${name}": ${why}`);
}

/** systemd skips a line with NUL, or with characters that its UTF-8 check refuses: surrogates and noncharacters. */
function checked(text: string, name: string): string {
  if (/[\0\p{Surrogate}\p{Noncharacter_Code_Point}]/u.test(text)) {
    refuse(name, `${JSON.stringify(text)} has a character that systemd cannot read`);
  }
  return text;
}

const bare = /^[A-Za-z0-9_./:@=,+~-]+$/;

function word(text: string, name: string): string {
  checked(text, name);
  if (bare.test(text)) return text;
  const escaped = text
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll('%', '%%')
    .replaceAll(/\p{Cc}/gu, (control) => {
      const code = control.charCodeAt(0);
      // The escape is one byte: characters beyond ASCII have two, and are not escaped.
      return code < 0x80 ? String.raw`\x${code.toString(16).padStart(2, '0')}` : control;
    });
  return `"${escaped}"`;
}

/** The rest of the line is the value, without quoting: text that would be truncated or continued is refused. */
function line(text: string, name: string): string {
  checked(text, name);
  if (/\p{Cc}/u.test(text)) refuse(name, `${JSON.stringify(text)} has a control character`);
  if (text === '' || text !== text.trim()) {
    refuse(name, `${JSON.stringify(text)} is empty, or begins or ends with white space`);
  }
  if (text.endsWith('\\')) refuse(name, `${JSON.stringify(text)} ends with "\\"`);
  return text.replaceAll('%', '%%');
}

function commandLine([program, ...args]: readonly string[], name: string): string {
  if (program === undefined) return '';
  // The first character could otherwise be one of systemd's prefixes, such as "+" for full privileges.
  if (!isAbsolutePath(program)) refuse(name, `"${program}" is not the absolute path of a program`);
  return [program, ...args].map((text) => word(text.replaceAll('$', '$$$$'), name)).join(' ');
}

function integer(value: unknown, name: string): number {
  if (Number.isSafeInteger(value)) return Number(value);
  return refuse(name, `${String(value)} is not an integer`);
}

function list(value: unknown): readonly string[] {
  return value as readonly string[];
}

const writers: Readonly<
  Record<UnitValueKind, (value: unknown, name: string) => string | readonly string[]>
> = {
  boolean: (value) => (value === true ? 'yes' : 'no'),
  integer: (value, name) => String(integer(value, name)),
  duration: (value, name) => {
    const ms = integer(value, name);
    return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
  },
  mode: (value, name) => integer(value, name).toString(8).padStart(4, '0'),
  line: (value, name) => line(String(value), name),
  lines: (value, name) => list(value).map((text) => line(text, name)),
  words: (value, name) =>
    list(value)
      .map((text) => word(text, name))
      .join(' '),
  wordLists: (value, name) =>
    (value as readonly (readonly string[])[]).map((words) =>
      words.map((text) => word(text, name)).join(' '),
    ),
  command: (value, name) => commandLine(list(value), name),
  environment: (value, name) =>
    Object.entries(value as Readonly<Record<string, string>>).map(([key, text]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) refuse(name, `"${key}" is no name of a variable`);
      return word(`${key}=${text}`, name);
    }),
};

/**
 * Writes a unit file; each value is escaped the way its directive is read.
 *
 * @throws DeployConfigError `ERR_SYSTEMD_DIRECTIVE` for a directive that is not known in its section,
 * `ERR_SYSTEMD_VALUE` for a value that systemd could not read back.
 *
 * @example
 * ```ts
 * import { serializeUnit } from '@fairlead/deploy-config';
 *
 * const unit = serializeUnit({ Unit: { Description: 'Shop' } });
 * console.log(unit.includes('Description=Shop')); // true
 * ```
 */
export function serializeUnit(unit: Unit): string {
  const sections = Object.entries(unit).map(([section, directives]) => {
    const kinds = Object.entries<Readonly<Record<string, UnitValueKind>>>(unitDirectiveKinds).find(
      ([name]) => name === section,
    )?.[1];
    if (!kinds) {
      throw new DeployConfigError(
        'ERR_SYSTEMD_DIRECTIVE',
        `A unit has no section "${section}".${didYouMean(section, Object.keys(unitDirectiveKinds))}`,
      );
    }
    let text = `[${section}]\n`;
    for (const [name, value] of Object.entries<unknown>(directives)) {
      if (value === undefined) continue;
      const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
      if (!kind) {
        throw new DeployConfigError(
          'ERR_SYSTEMD_DIRECTIVE',
          `Section "${section}" has no directive "${name}" that is supported.${didYouMean(name, Object.keys(kinds))}`,
        );
      }
      const written = writers[kind](value, name);
      for (const assignment of typeof written === 'string' ? [written] : written) {
        text += `${name}=${assignment}\n`;
      }
    }
    return text;
  });
  return sections.join('\n');
}
