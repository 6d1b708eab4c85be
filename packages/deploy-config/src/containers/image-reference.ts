import { parseVersion, type Version } from '../values/version.ts';

/** Returns the version in the tag of an image, such as 1.28.0 for `nginx:1.28-bookworm@sha256:…`; `undefined` without one. */
export function versionOfImage(image: string): Version | undefined {
  const [, tag = ''] = /:(\w[\w.-]*)(?:@|$)/.exec(image.replace(/^[^/]*:\d+\//, '')) ?? [];
  return parseVersion(/^\d+\.\d+(?:\.\d+)?/.exec(tag)?.[0] ?? '');
}
