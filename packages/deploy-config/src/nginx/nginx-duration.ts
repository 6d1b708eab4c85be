/** A duration in Nginx's notation: whole seconds where they fit, else milliseconds. */
export function nginxDuration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
