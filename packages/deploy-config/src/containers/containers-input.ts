/** Base images, each with the digest of the image that was tested: `name:tag@sha256:…`. */
export interface BaseImagesInput {
  /** Node.js with npm, on Debian: runs the gateway. For example `docker.io/library/node:24-bookworm-slim`. */
  readonly node: string;
  /** Nginx of the deployment's `target.nginx`, with `curl`. For example `docker.io/library/nginx:1.28-bookworm`. */
  readonly nginx: string;
  /** Python with `venv` and pip: runs Flask, and is required with it. For example `docker.io/library/python:3.11-slim-bookworm`. @defaultValue none */
  readonly python?: string;
  /** Redis or Valkey: required with `redis`. For example `docker.io/library/redis:7-bookworm`. @defaultValue none */
  readonly redis?: string;
}

/** Python application of the image of Flask. */
export interface ContainerPythonInput {
  /** Requirements file that pins every package with hashes, relative to the project. */
  readonly requirements: string;
  /** Folder that Python imports the application from, relative to the project. */
  readonly source: string;
}

/** Redis or Valkey beside the gateway, which stores responses in it. */
export interface ContainerRedisInput {
  /** Memory of the container, in bytes; three quarters are for data, and the least recently used is removed. @defaultValue 256 MiB */
  readonly memoryBytes?: number;
}

/** Settings of `renderContainers` beside the deployment. */
export interface ContainersInput {
  /** Base images. */
  readonly images: BaseImagesInput;
  /** Module that starts the gateway, `.ts` or `.js`, relative to the project. */
  readonly entry: string;
  /** Files and folders that the image of the gateway has beside `package.json`, `package-lock.json` and `entry`, relative to the project. @defaultValue none */
  readonly include?: readonly string[];
  /** The Python application; required with `flask` in the deployment. @defaultValue none */
  readonly python?: ContainerPythonInput;
  /** Folder of the rendered files, relative to the project, which is the build context. @defaultValue `'docker'` */
  readonly folder?: string;
  /** Number of the account and the group in every container, which must be able to read the files of `files`. @defaultValue `10001` */
  readonly user?: number;
  /** Secrets and certificates: files relative to the project, by their absolute paths in the containers. @defaultValue `secrets/` and the name of the file */
  readonly files?: Readonly<Record<string, string>>;
  /** State in folders of this machine, relative to the project, by their absolute paths in the containers. @defaultValue a volume for each state */
  readonly folders?: Readonly<Record<string, string>>;
  /** Memory of Nginx, in bytes; its temporary files count too. @defaultValue 128 MiB and four times `maxBodyBytes` */
  readonly nginxMemoryBytes?: number;
  /** Redis beside the gateway. @defaultValue no Redis */
  readonly redis?: ContainerRedisInput;
}
