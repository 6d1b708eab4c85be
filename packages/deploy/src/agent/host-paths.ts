/** Folders of the agent on a host. */
export interface HostPaths {
  /** Parts, releases and the link `current`. */
  readonly root: string;
  /** State of the deployment, which is no part of a release. */
  readonly state: string;
}

/** Folders of every host. */
export const hostPaths: HostPaths = {
  root: '/opt/fairlead',
  state: '/var/lib/fairlead-deploy',
};

/** Returns the folder of an unpacked part. */
export function partFolder({ root }: HostPaths, sha256: string): string {
  return `${root}/parts/${sha256}`;
}

/** Returns the folder of a release. */
export function releaseFolder({ root }: HostPaths, digest: string): string {
  return `${root}/releases/${digest}`;
}

/** Returns the path of the link to the release that runs. */
export function currentLink({ root }: HostPaths): string {
  return `${root}/current`;
}
