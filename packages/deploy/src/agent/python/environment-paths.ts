import type { ReleaseManifest } from '../../release/release-manifest.ts';
import { partFolder, type HostPaths } from '../host-paths.ts';

/** Places of a virtual environment. */
export interface EnvironmentPaths {
  /** Version of Python. */
  readonly version: string;
  /** Name of its folder: releases with the same packages and the same Python share it. */
  readonly name: string;
  /** Folder of the environment. It is created there, because its programs name it. */
  readonly folder: string;
  /** Folder of the wheels that it is installed from. */
  readonly wheels: string;
}

/** Returns the folder of all virtual environments. */
export function environmentsFolder({ root }: HostPaths): string {
  return `${root}/venvs`;
}

/** Returns the places of a release's virtual environment; `undefined` for a release without Python. */
export function environmentPaths(
  paths: HostPaths,
  { parts, python }: Pick<ReleaseManifest, 'parts' | 'python'>,
): EnvironmentPaths | undefined {
  const wheels = parts.find(({ role }) => role === 'wheels');
  if (wheels === undefined || python === undefined) return undefined;
  const { version } = python;
  const name = `${version}-${wheels.sha256}`;
  return {
    version,
    name,
    folder: `${environmentsFolder(paths)}/${name}`,
    wheels: `${partFolder(paths, wheels.sha256)}/wheels`,
  };
}
