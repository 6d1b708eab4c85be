import type {
  CloudWatchInput,
  FlaskInput,
  GatewayInput,
  HostInput,
  KeepAliveInput,
  ServiceInput,
  TargetInput,
  TimeoutsInput,
} from './deployment-input.ts';
import type { Acme } from './certificate/acme.ts';
import type { Layout } from './layout.ts';
import type {
  HttpListenInput,
  HttpsListenInput,
  NginxInput,
  PerAddressLimitsInput,
  RouteInput,
} from './nginx-input.ts';
import type { Secret } from './secrets/secret.ts';
import type { Backup } from './state/backup.ts';
import type { AbsolutePath } from './values/absolute-path.ts';
import type { Address } from './values/address.ts';
import type { HostName } from './values/host-name.ts';
import type { Version } from './values/version.ts';

/** {@link Layout} with checked paths. */
export type CheckedLayout = {
  readonly [K in keyof Layout]: K extends 'supervisor' ? Layout[K] : AbsolutePath;
};

/** Checked listener of Nginx. */
export type Listen = HttpListen | HttpsListen;

/** Checked listener for plain HTTP. */
export interface HttpListen extends Pick<HttpListenInput, 'scheme'> {
  /** Address of Nginx. */
  readonly address: Address;
  /** Accepted host names; all when it is empty. */
  readonly names: readonly HostName[];
}

/** Checked listener for TLS. */
export interface HttpsListen extends Required<
  Pick<HttpsListenInput, 'scheme' | 'host' | 'port' | 'redirectPort'>
> {
  /** Accepted host names. */
  readonly names: readonly HostName[];
  /** The certificate and its chain. */
  readonly certificateFile: AbsolutePath;
  /** The certificate's private key. */
  readonly certificateKeyFile: AbsolutePath;
  /** Authority of the certificate; `undefined` for one in files. */
  readonly acme: Acme | undefined;
}

/** Checked group of servers that Nginx sends requests to. */
export interface Upstream {
  /** Addresses, used in turn. */
  readonly servers: readonly Address[];
  /** Maximum idle connections of each Nginx worker; 0 closes each one. */
  readonly keepAliveConnections: number;
}

/** Checked systemd service of a program. */
export interface Service extends Required<Pick<ServiceInput, 'user' | 'group'>> {
  /** Working directory; `undefined` for a separate empty folder. */
  readonly workingFolder: AbsolutePath | undefined;
  /** File with secrets, outside of the deployment. */
  readonly secretsFile: AbsolutePath | undefined;
  /** Folders it may write to. */
  readonly writableFolders: readonly AbsolutePath[];
}

/** Resolved Nginx settings. */
export interface Nginx extends Required<
  Pick<
    NginxInput,
    'workers' | 'workerConnections' | 'publicScheme' | 'accessLog' | 'requestErrorLog'
  >
> {
  /** Account of the worker processes; `undefined` for the account that starts Nginx, or for root the one that Nginx was built with. */
  readonly user: string | undefined;
  /** Listener for HTTP or HTTPS. */
  readonly listen: Listen;
  /** Per-client limits. */
  readonly perAddress: Required<PerAddressLimitsInput> | false;
  /** Networks whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  /** Paths that they may request by any host name. */
  readonly healthPaths: readonly string[];
  /** Routes of paths to upstreams. */
  readonly routes: readonly Required<RouteInput>[];
  /** `gateway`, `flask` when a route uses it, and those of the input. */
  readonly upstreams: Readonly<Record<string, Upstream>>;
}

/** Resolved settings of the Node service. */
export interface Gateway extends Required<
  Pick<GatewayInput, 'processes' | 'memoryBytes' | 'environment'>
> {
  /** Reason of the number of processes, unless the deployment names it. */
  readonly processesReason?: string;
  /** Address of the service. */
  readonly listen: Address;
  /** Program and arguments; set under systemd. */
  readonly command: readonly string[] | undefined;
  /** systemd service; set under systemd. */
  readonly service: Service | undefined;
}

/** Resolved settings of the Python service. */
export interface Flask extends Required<
  Pick<
    FlaskInput,
    | 'app'
    | 'workers'
    | 'threads'
    | 'modelThreads'
    | 'workerMemoryBytes'
    | 'maxRequests'
    | 'dangerouslyPreloadApp'
    | 'environment'
  >
> {
  /** Folder that Python imports from. */
  readonly folder: AbsolutePath;
  /** Path of `gunicorn`. */
  readonly gunicorn: AbsolutePath;
  /** Address of the service. */
  readonly listen: Address;
  /** systemd service; set under systemd. */
  readonly service: Service | undefined;
}

/** Resolved gRPC settings. */
export interface Grpc {
  /** Address of Nginx for plain HTTP/2; `undefined` if gRPC shares the port of TLS. */
  readonly address: Address | undefined;
  /** Address of the gateway for gRPC. */
  readonly gatewayListen: Address;
}

/** Resolved settings of the CloudWatch agent. */
export type CloudWatch = Required<CloudWatchInput>;

/** Deployment with all defaults that satisfies every rule; result of `defineDeployment`. */
export interface Deployment {
  /** Part of unit and folder names. */
  readonly name: string;
  /** Versions the files are written for. */
  readonly target: { readonly [K in keyof TargetInput]-?: Version };
  /** Resources of the host. */
  readonly host: Required<HostInput>;
  /** Paths of the files. */
  readonly layout: CheckedLayout;
  /** All timeouts, in milliseconds. */
  readonly timeouts: Required<TimeoutsInput>;
  /** Idle timeouts, in milliseconds. */
  readonly keepAlive: Required<KeepAliveInput>;
  /** Largest request body everywhere, in bytes. */
  readonly maxBodyBytes: number;
  /** Nginx in front of the services. */
  readonly nginx: Nginx;
  /** Node service behind it. */
  readonly gateway: Gateway;
  /** The Python service; `undefined` when there is none. */
  readonly flask: Flask | undefined;
  /** Secrets that the host reads itself. */
  readonly secrets: readonly Secret[];
  /** Backup of the host; `undefined` when there is none. */
  readonly backup: Backup | undefined;
  /** CloudWatch agent; `undefined` when there is none. */
  readonly cloudWatch: CloudWatch | undefined;
  /** gRPC beside HTTP; `undefined` when there is none. */
  readonly grpc: Grpc | undefined;
}
