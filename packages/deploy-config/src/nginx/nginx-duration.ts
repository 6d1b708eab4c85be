/** Formats a duration for Nginx: whole seconds if possible, else milliseconds. */
export function nginxDuration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
