/** Variable of Nginx, without its `$`. */
export interface NginxVariable {
  /** Such as `remote_addr`. */
  readonly variable: string;
}

/** Argument: a literal text, a number, a variable, or a list of these. Literals are never expanded. */
export type NginxArgument =
  string | number | NginxVariable | readonly (string | number | NginxVariable)[];

/** Directive, with a block if `block` is set. */
export interface NginxDirective {
  /** Such as `proxy_pass`; in a block of data, such as `map`, the first word of the line. */
  readonly name: string;
  /** Arguments after the name. */
  readonly args: readonly NginxArgument[];
  /** Directives between the braces. */
  readonly block?: readonly NginxDirective[];
}

/**
 * Creates a simple directive: `directive('keepalive_timeout', '75s')`.
 *
 * @example
 * ```ts
 * import { directive, serializeNginx } from '@fairlead/deploy-config';
 *
 * console.log(serializeNginx([directive('root', '/srv/my files')]).trim()); // root "/srv/my files";
 * ```
 */
export function directive(name: string, ...args: readonly NginxArgument[]): NginxDirective {
  return { name, args };
}

/**
 * Creates a directive with a block: `block('location', ['/'], […])`.
 *
 * @example
 * ```ts
 * import { block, directive, serializeNginx } from '@fairlead/deploy-config';
 *
 * const text = serializeNginx([block('events', [], [directive('worker_connections', 512)])]);
 * console.log(text.includes('worker_connections 512;')); // true
 * ```
 */
export function block(
  name: string,
  args: readonly NginxArgument[],
  content: readonly NginxDirective[],
): NginxDirective {
  return { name, args, block: content };
}

/**
 * Creates a reference to a variable: `variable('remote_addr')` is `$remote_addr`.
 *
 * @example
 * ```ts
 * import { directive, serializeNginx, variable } from '@fairlead/deploy-config';
 *
 * const host = directive('proxy_set_header', 'Host', variable('host'));
 * console.log(serializeNginx([host]).trim()); // proxy_set_header Host $host;
 * ```
 */
export function variable(name: string): NginxVariable {
  return { variable: name };
}
