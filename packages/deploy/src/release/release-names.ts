/** Name of the manifest in the archive of a release. */
export const MANIFEST = 'manifest.json';

/** Name of the Ed25519 signature of the manifest. */
export const SIGNATURE = 'manifest.json.signature';

/** Name of the bill of materials. */
export const SBOM = 'sbom.cdx.json';

/** Returns the name of the archive of a part. */
export function partName(sha256: string): string {
  return `parts/${sha256}.tar.gz`;
}
