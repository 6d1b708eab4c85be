/**
 * Decodes the bytes of a text file: UTF-8, or UTF-16 that begins with a byte order mark, as PowerShell writes it.
 *
 * The byte order mark, which Windows editors put at the start of UTF-8 too, is no part of the text
 * (RFC 8259, section 8.1, lets a JSON parser ignore it). Bytes that are no UTF-8 become U+FFFD.
 *
 * @example
 * ```ts
 * import { decodeText } from '@fairlead/signature';
 *
 * console.log(decodeText(Buffer.from('\uFEFF{"metrics":{}}'))); // {"metrics":{}}
 * ```
 */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

/** The encoding that a byte order mark names (https://encoding.spec.whatwg.org/#bom-sniff), else UTF-8. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return 'utf-8';
}
