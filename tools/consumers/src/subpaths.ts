import type { PackageManifest, PackedPackage } from './packed-package.ts';

/** Import specifiers of the entries of a package's `exports` that hold code. */
export function subpathsOf({ name, exports }: PackageManifest): readonly string[] {
  return Object.keys(exports)
    .filter((subpath) => !subpath.endsWith('.json'))
    .map((subpath) => name + subpath.slice(1));
}

/** The same of several packages. */
export function allSubpaths(packages: readonly PackedPackage[]): readonly string[] {
  return packages.flatMap(({ manifest }) => subpathsOf(manifest));
}
