/** Major, minor and patch of a released program; a missing number is 0. */
export type Version = readonly [major: number, minor: number, patch: number];

/** Reads the leading numbers of a version such as `1.22.1`, `3.0.17` or `252`; `undefined` when there are none. */
export function parseVersion(text: string): Version | undefined {
  const found = /^(\d{1,5})(?:\.(\d{1,5}))?(?:\.(\d{1,5}))?$/.exec(text);
  if (!found) return undefined;
  return [Number(found[1]), Number(found[2] ?? 0), Number(found[3] ?? 0)];
}

/** Returns whether `version` is `minimum` or newer. */
export function atLeast(version: Version, ...minimum: Version): boolean {
  for (const [index, required] of minimum.entries()) {
    const found = version[index] ?? 0;
    if (found !== required) return found > required;
  }
  return true;
}
