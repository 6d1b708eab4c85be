import { MonitoringError } from '../monitoring-error.ts';

const code = /^[A-Z][A-Z0-9_]{1,63}$/;
const name = /^[A-Za-z][A-Za-z0-9]{0,63}$/;

/** Describes why a delivery failed without the message of a foreign error, which may contain a URL with a secret. */
export function failureReason(error: unknown): string {
  if (error instanceof MonitoringError) return error.message;
  return errorCode(error) ?? 'the destination failed';
}

/** Returns the code of an error or of its cause, such as `ECONNREFUSED`; else its name. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = 'code' in error ? error.code : undefined;
  if (typeof own === 'string' && code.test(own)) return own;
  // Fetch names the cause only there.
  const inner = error.cause instanceof Error && error.cause !== error ? error.cause : undefined;
  const found = inner !== undefined && 'code' in inner ? inner.code : undefined;
  if (typeof found === 'string' && code.test(found)) return found;
  return name.test(error.name) ? error.name : undefined;
}
