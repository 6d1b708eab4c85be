declare const brand: unique symbol;

/** A DNS host name in lower case (RFC 1123), optionally with a leading `*.`. */
export type HostName = string & {
  /** Set by the check only. */
  readonly [brand]: 'HostName';
};

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const pattern = new RegExp(String.raw`^(?:\*\.)?${label}(?:\.${label})*$`);

/** Returns whether `text` is a host name that is allowed in a certificate and in `server_name`. */
export function isHostName(text: string): text is HostName {
  return text.length <= 253 && pattern.test(text);
}
