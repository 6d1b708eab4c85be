import type { BaseImagesInput, ContainerPythonInput } from './containers-input.ts';

/** Checked settings of containers with all defaults; result of `resolveContainers`. */
export interface Containers {
  /** Base images with digests. */
  readonly images: BaseImagesInput;
  /** Module that starts the gateway. */
  readonly entry: string;
  /** Further files of the gateway's image. */
  readonly include: readonly string[];
  /** The Python application; `undefined` without Flask. */
  readonly python: ContainerPythonInput | undefined;
  /** Folder of the rendered files, relative to the project. */
  readonly folder: string;
  /** Number of account and group. */
  readonly user: number;
  /** Files of this machine by their paths in the containers. */
  readonly files: ReadonlyMap<string, string>;
  /** Folders of this machine by their paths in the containers. */
  readonly folders: ReadonlyMap<string, string>;
  /** Memory of Nginx, in bytes. */
  readonly nginxMemoryBytes: number;
  /** Memory of Redis, in bytes; `undefined` without it. */
  readonly redisMemoryBytes: number | undefined;
}
