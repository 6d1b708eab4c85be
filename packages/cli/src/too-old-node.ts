/** First version of Node that has what Fairlead and its dependencies use; `engines` of the packages say the same. */
export const MIN_NODE = [22, 19] as const;

/** Describes what is wrong with a version of Node such as `20.19.0`, and the fix; undefined if nothing is. */
export function tooOldNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minMajor, minMinor] = MIN_NODE;
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return undefined;
  return `fairlead needs Node ${minMajor}.${minMinor} or later, and this is Node ${version}: install a newer one from https://nodejs.org, or run it with npx --package node@24`;
}
