import type {
  FlaskInput,
  GatewayInput,
  HostInput,
  HttpListenInput,
  HttpsListenInput,
  KeepAliveInput,
  NginxInput,
  PerAddressLimitsInput,
  RouteInput,
  ServiceInput,
  TargetInput,
  TimeoutsInput,
} from './deployment-input.ts';
import type { Layout } from './layout.ts';
import type { AbsolutePath } from './values/absolute-path.ts';
import type { Address } from './values/address.ts';
import type { HostName } from './values/host-name.ts';
import type { Version } from './values/version.ts';

/** {@link Layout} with checked paths. */
export type CheckedLayout = {
  readonly [K in keyof Layout]: K extends 'supervisor' ? Layout[K] : AbsolutePath;
};

/** Where Nginx takes requests, checked. */
export type Listen = HttpListen | HttpsListen;

/** Plain HTTP, checked. */
export interface HttpListen extends Pick<HttpListenInput, 'scheme'> {
  /** Where Nginx listens. */
  readonly address: Address;
  /** Host names that are answered; all when it is empty. */
  readonly names: readonly HostName[];
}

/** TLS, checked. */
export interface HttpsListen extends Required<
  Pick<HttpsListenInput, 'scheme' | 'host' | 'port' | 'redirectPort'>
> {
  /** Host names that are answered. */
  readonly names: readonly HostName[];
  /** The certificate and its chain. */
  readonly certificateFile: AbsolutePath;
  /** The certificate's private key. */
  readonly certificateKeyFile: AbsolutePath;
}

/** A group of servers that Nginx sends requests to, checked. */
export interface Upstream {
  /** Nginx takes turns among them. */
  readonly servers: readonly Address[];
  /** Idle connections each Nginx worker keeps; 0 closes each one. */
  readonly keepAliveConnections: number;
}

/** How systemd runs a program, checked. */
export interface Service extends Required<Pick<ServiceInput, 'user' | 'group'>> {
  /** Where the program starts; `undefined` for an empty folder of its own. */
  readonly workingFolder: AbsolutePath | undefined;
  /** A file with secrets, which stays outside of the deployment. */
  readonly secretsFile: AbsolutePath | undefined;
  /** Folders it may write to. */
  readonly writableFolders: readonly AbsolutePath[];
}

/** Nginx, decided. */
export interface Edge extends Required<
  Pick<
    NginxInput,
    'workers' | 'workerConnections' | 'publicScheme' | 'accessLog' | 'requestErrorLog'
  >
> {
  /** Account of the worker processes; `undefined` for whoever starts Nginx, or what Nginx was built with where that is root. */
  readonly user: string | undefined;
  /** Where requests come in. */
  readonly listen: Listen;
  /** Limits of each client network. */
  readonly perAddress: Required<PerAddressLimitsInput> | false;
  /** Networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** What is sent where. */
  readonly routes: readonly Required<RouteInput>[];
  /** `gateway`, `flask` when a route names it, and those of the input. */
  readonly upstreams: Readonly<Record<string, Upstream>>;
}

/** The Node service, decided. */
export interface Gateway extends Required<Pick<GatewayInput, 'memoryBytes' | 'environment'>> {
  /** Where it listens. */
  readonly listen: Address;
  /** Program and arguments; there under systemd. */
  readonly command: readonly string[] | undefined;
  /** How systemd runs it; there under systemd. */
  readonly service: Service | undefined;
}

/** The Python service, decided. */
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
  /** The folder Python imports from. */
  readonly folder: AbsolutePath;
  /** The `gunicorn` program. */
  readonly gunicorn: AbsolutePath;
  /** Where it listens. */
  readonly listen: Address;
  /** How systemd runs it; there under systemd. */
  readonly service: Service | undefined;
}

/** gRPC, decided. */
export interface Grpc {
  /** Where Nginx takes it in plain HTTP/2; `undefined` where it shares the port of TLS. */
  readonly address: Address | undefined;
  /** Where the gateway listens for it. */
  readonly gatewayListen: Address;
}

/** A deployment in which everything is decided and every rule holds, as `defineDeployment` returns it. */
export interface Deployment {
  /** Part of unit and folder names. */
  readonly name: string;
  /** Versions the files are written for. */
  readonly target: { readonly [K in keyof TargetInput]-?: Version };
  /** What the host has. */
  readonly host: Required<HostInput>;
  /** Where the files go. */
  readonly layout: CheckedLayout;
  /** The whole ladder, in milliseconds. */
  readonly timeouts: Required<TimeoutsInput>;
  /** Idle times, in milliseconds. */
  readonly keepAlive: Required<KeepAliveInput>;
  /** Largest request body everywhere, in bytes. */
  readonly maxBodyBytes: number;
  /** The outermost server. */
  readonly nginx: Edge;
  /** The Node service behind it. */
  readonly gateway: Gateway;
  /** The Python service; `undefined` when there is none. */
  readonly flask: Flask | undefined;
  /** gRPC beside HTTP; `undefined` when there is none. */
  readonly grpc: Grpc | undefined;
}
