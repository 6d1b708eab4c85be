/** Userinfo of a URL, up to the last `@`: a password may contain every character except whitespace and quotes. */
const URL_USERINFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s"'`]*@/gi;

/** Query of a URL, which may contain a key or a signature. */
const URL_QUERY = /\b([a-z][a-z0-9+.-]*:\/\/[^\s"'`?]*\?)[^\s"'`]+/gi;

/** `name:password@host` without a scheme. */
const BARE_USERINFO = /(?<![^\s"'`(=,/])[^\s"'`(=,/:]*:[^\s"'`/][^\s"'`]*@/g;

/** Secrets with a known format: of webhooks, API keys, private keys. */
const KNOWN_FORMS =
  /\b(whsec_|fl_[0-9a-z]{12}_)[\w+/=-]+|(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(?:-----END|$)/g;

/**
 * Replaces credentials in a text by `***`: userinfo and query of URLs, and secrets with a known format.
 *
 * For messages that quote a rejected value, such as an address with a password.
 *
 * @example
 * ```ts
 * import { maskCredentials } from '@fairlead/signature';
 *
 * maskCredentials('cannot use "https://ada:secret@host/x?key=1"'); // 'cannot use "https://***@host/x?***"'
 * ```
 *
 * @example
 * ```ts
 * import { maskCredentials } from '@fairlead/signature';
 *
 * console.log(maskCredentials('cannot use "https://ada:secret@host/x?key=1"')); // cannot use "https://***@host/x?***"
 * ```
 */
export function maskCredentials(text: string): string {
  return text
    .replaceAll(URL_USERINFO, '$1***@')
    .replaceAll(URL_QUERY, '$1***')
    .replaceAll(BARE_USERINFO, '***@')
    .replaceAll(KNOWN_FORMS, '$1$2***');
}
