/** Replacement of a secret. */
const redacted = '[redacted]';

/** Matches lines that may have a sensitive key: most don't, and pass without being parsed. */
const suspicious = /secret|password|passwd|token|authorization|cookie|api[-_ ]?key|rawheaders/i;

/** Sensitive at any position in a key: `clientSecret`, `db_password`, `x-amz-security-token`. */
const sensitivePart = /secret|password|passwd|token/;

/** Sensitive as a whole key, written in any case and with or without `-` and `_`. */
const sensitiveNames = new Set([
  'authorization',
  'proxyauthorization',
  'apikey',
  'xapikey',
  'cookie',
  'setcookie',
  'rawheaders',
]);

/**
 * Replaces the value of every sensitive key in one line of JSON, at any depth and of any origin
 * (fields, bindings of a child logger, an error's properties, a serializer).
 *
 * Pairs in arrays are covered as well (`["authorization", "Bearer …"]`, the shape of raw headers and of header
 * entries). Text is not searched: a secret in a message stays there.
 */
export function redactLine(line: string): string {
  if (!suspicious.test(line)) return line;
  try {
    return `${JSON.stringify(redact(JSON.parse(line)))}\n`;
  } catch {
    // Not JSON, or nested deeper than the stack: neither may be written unchecked, nor end the process.
    return `${JSON.stringify({ level: 'error', msg: 'A log line was withheld: it could not be read to redact it.' })}\n`;
  }
}

function redact(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((element: unknown, index) => {
      const before: unknown = value[index - 1];
      return typeof before === 'string' && isName(before) && isSensitive(before)
        ? redacted
        : redact(element);
    });
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, isSensitive(key) ? redacted : redact(inner)]),
  );
}

/** Header names have no spaces; a sentence that mentions a token isn't a name. */
function isName(text: string): boolean {
  return /^[\w-]+$/.test(text);
}

function isSensitive(key: string): boolean {
  const name = key.toLowerCase().replaceAll(/[-_ ]/g, '');
  return sensitivePart.test(name) || sensitiveNames.has(name);
}
