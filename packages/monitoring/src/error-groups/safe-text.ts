/** Replacement of a code, model or place that isn't one, and may contain data of a client. */
export const INVALID = '(invalid)';

// Codes of Node and of this project, such as ECONNRESET.
const code = /^[A-Z][A-Z0-9_]{1,95}$/;
// Names of the registry, versions included.
const model = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const place = /^(?=.{1,64}$)[a-z]+(?:[ -][a-z]+)*$/;
const version = /^\d{1,15}$/;
const requestId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Returns a code of an error, or {@link INVALID}. */
export function safeCode(value: unknown): string {
  return matches(code, value) ? value : INVALID;
}

/** Returns a name of a model, or {@link INVALID}; undefined stays undefined. */
export function safeModel(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return matches(model, value) ? value : INVALID;
}

/** Returns a place, or {@link INVALID}. */
export function safePlace(value: unknown): string {
  return matches(place, value) ? value : INVALID;
}

/** Returns the number of a version as text; undefined for anything else. */
export function safeVersion(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return matches(version, text) ? text : undefined;
}

/** Returns the id of a request; undefined for anything else. */
export function safeRequestId(value: unknown): string | undefined {
  return matches(requestId, value) ? value : undefined;
}

function matches(pattern: RegExp, value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value);
}
