// Request Timeout, Too Early, Too Many Requests: a later attempt may succeed.
const temporary = new Set([408, 425, 429]);

/** Returns true for a status after which a repetition would fail as well. */
export function isRefusal(status: number): boolean {
  return status >= 300 && status < 500 && !temporary.has(status);
}
