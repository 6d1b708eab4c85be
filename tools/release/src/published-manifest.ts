/** Members of a `package.json` that a release reads or adds. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly repository?: { readonly type: 'git'; readonly url: string; readonly directory: string };
  readonly homepage?: string;
  readonly bugs?: { readonly url: string };
}

/**
 * Adds `repository`, `homepage` and `bugs` to the manifest of a package.
 *
 * @param folder the folder of the package, relative to the root of the repository
 * @param repository the repository's address, such as `https://github.com/acme/fairlead`
 */
export function publishedManifest<M extends Manifest>(
  manifest: M,
  folder: string,
  repository: string,
): M & Required<Manifest> {
  return {
    ...manifest,
    repository: { type: 'git', url: `git+${repository}.git`, directory: folder },
    homepage: `${repository}/blob/v${manifest.version}/${folder}/README.md`,
    bugs: { url: `${repository}/issues` },
  };
}
