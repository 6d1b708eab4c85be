import { DeployConfigError } from '../deploy-config-error.ts';
import { argumentContext, type ArgumentContext } from './argument-context.ts';
import {
  block,
  directive,
  variable,
  type NginxArgument,
  type NginxDirective,
} from './nginx-directive.ts';

/** Nginx reads each argument into a buffer of 4,096 bytes (`NGX_CONF_BUFFER`) and refuses a longer one. */
const maxArgumentBytes = 4_000;

/** Variable with the value `$`, because Nginx has no escape for it. */
const dollar = 'fairlead_dollar';

const bare = /^[A-Za-z0-9_./:@=,+*-]+$/;
/** Blocks whose lines are data: the first word of each is a key, not a directive. */
const dataBlocks = new Set(['geo', 'map', 'split_clients', 'types']);

function refuse(name: string, why: string): never {
  throw new DeployConfigError('ERR_NGINX_VALUE', `Nginx directive "${name}": ${why}`);
}

function literal(text: string, name: string, context: ArgumentContext | undefined): string {
  if (text.includes('\0'))
    refuse(name, 'an argument contains NUL, which no text in Nginx can hold');
  if (/\p{Surrogate}/u.test(text)) refuse(name, 'an argument is not well-formed Unicode');
  if (context === 'header' && /[^\P{Cc}\t]/u.test(text)) {
    refuse(name, 'an argument contains a control character, which would break the header apart');
  }
  const escaped = text.replaceAll(/["\\]/g, String.raw`\$&`);
  if (context === 'plain' || !text.includes('$')) return escaped;
  if (context === undefined) {
    refuse(
      name,
      'an argument contains "$", and it is unknown whether this directive expands variables. Use variable() for a variable; for a literal "$", use a directive of the list',
    );
  }
  return escaped.replaceAll('$', `\${${dollar}}`);
}

function argument(
  value: NginxArgument,
  name: string,
  context: ArgumentContext | undefined,
): string {
  const parts = Array.isArray(value) ? value : [value];
  let text = '';
  for (const part of parts as readonly (string | number | { variable: string })[]) {
    if (typeof part === 'object') {
      if (!/^[a-z][a-z0-9_]*$/.test(part.variable)) {
        refuse(name, `"${part.variable}" is not the name of a variable (lower case, digits, "_")`);
      }
      text += parts.length === 1 ? `$${part.variable}` : `\${${part.variable}}`;
    } else if (typeof part === 'number') {
      if (!Number.isFinite(part)) refuse(name, `${part} is not finite`);
      text += String(part);
    } else {
      text += literal(part, name, context);
    }
  }
  const quoted =
    parts.length === 1 && (bare.test(text) || /^\$[a-z0-9_]+$/.test(text)) ? text : `"${text}"`;
  if (Buffer.byteLength(quoted) > maxArgumentBytes) {
    refuse(name, `an argument is longer than ${maxArgumentBytes} bytes, the most Nginx reads`);
  }
  return quoted;
}

function lines(
  directives: readonly NginxDirective[],
  indent: string,
  parent: string | undefined,
): string {
  let text = '';
  for (const entry of directives) {
    const { name, args, block: content } = entry;
    const isData = parent !== undefined && dataBlocks.has(parent);
    if (!isData && !/^[a-z][a-z0-9_]*$/.test(name)) {
      refuse(name, 'the name of a directive has lower case letters, digits and "_"');
    }
    const context: ArgumentContext | undefined = isData
      ? parent === 'map'
        ? 'text'
        : 'plain'
      : argumentContext(entry);
    const words = [
      isData ? argument(name, parent, 'plain') : name,
      ...args.map((arg) => argument(arg, name, context)),
    ];
    text += `${indent}${words.join(' ')}`;
    text += content ? ` {\n${lines(content, `${indent}  `, name)}${indent}}\n` : ';\n';
  }
  return text;
}

/**
 * Writes a tree as an Nginx configuration; Nginx reads every literal back byte for byte.
 *
 * @throws DeployConfigError `ERR_NGINX_VALUE` for a text that is not allowed at its position.
 *
 * @example
 * ```ts
 * import { directive, serializeNginx } from '@fairlead/deploy-config';
 *
 * console.log(serializeNginx([directive('worker_processes', 2)]).trim()); // worker_processes 2;
 * ```
 */
export function serializeNginx(config: readonly NginxDirective[]): string {
  const text = lines(config, '', undefined);
  if (!text.includes(`\${${dollar}}`)) return text;
  const holder = block('geo', [variable(dollar)], [directive('default', '$')]);
  const withHolder = config.map((entry) =>
    entry.name === 'http' && entry.block ? { ...entry, block: [holder, ...entry.block] } : entry,
  );
  if (withHolder.every((entry, index) => entry === config[index])) {
    refuse('http', 'a text contains "$", which needs an http block to be defined in');
  }
  return lines(withHolder, '', undefined);
}
