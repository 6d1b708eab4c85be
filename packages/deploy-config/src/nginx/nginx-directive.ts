/** A variable of Nginx, without its `$`. */
export interface NginxVariable {
  /** Such as `remote_addr`. */
  readonly variable: string;
}

/** One argument: a literal text, a number, a variable, or a mixture. Literals are never expanded. */
export type NginxArgument =
  string | number | NginxVariable | readonly (string | number | NginxVariable)[];

/** One directive, with a block when `block` is there. */
export interface NginxDirective {
  /** Such as `proxy_pass`; in a block of data, such as `map`, its first word. */
  readonly name: string;
  /** What follows the name. */
  readonly args: readonly NginxArgument[];
  /** What stands between its braces. */
  readonly block?: readonly NginxDirective[];
}

/** A simple directive: `directive('keepalive_timeout', '75s')`. */
export function directive(name: string, ...args: readonly NginxArgument[]): NginxDirective {
  return { name, args };
}

/** A directive with a block: `block('location', ['/'], […])`. */
export function block(
  name: string,
  args: readonly NginxArgument[],
  content: readonly NginxDirective[],
): NginxDirective {
  return { name, args, block: content };
}

/** Refers to a variable: `variable('remote_addr')` is `$remote_addr`. */
export function variable(name: string): NginxVariable {
  return { variable: name };
}
