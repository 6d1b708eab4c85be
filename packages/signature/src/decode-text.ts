/**
 * Decodes the bytes of a text file: UTF-8, or UTF-16 that begins with a byte order mark, as PowerShell writes it.
 *
 * The byte order mark, which Windows editors write in UTF-8 too, is removed (RFC 8259, section 8.1, lets a JSON parser
 * ignore it). Bytes that aren't UTF-8 become U+FFFD.
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

/** Returns the encoding of a byte order mark (https://encoding.spec.whatwg.org/#bom-sniff), else UTF-8. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return 'utf-8';
}
