/** `admin`, `metrics`, `infer:digits`, `infer:*`: an action, and where it has one, the thing it is done to. */
const scopePattern = /^[a-z][a-z0-9-]{0,31}(?::(?:\*|[A-Za-z0-9][A-Za-z0-9._-]{0,127}))?$/;

/** Whether this text can be a scope. */
export function isScope(text: string): boolean {
  return scopePattern.test(text);
}

/** Whether one of the scopes allows what is needed: itself, or for `infer:digits` also `infer:*`. */
export function allowsScope(scopes: ReadonlySet<string>, needed: string): boolean {
  if (scopes.has(needed)) return true;
  const colon = needed.indexOf(':');
  return colon > 0 && scopes.has(`${needed.slice(0, colon)}:*`);
}
