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
export type Listen =
  | (Omit<HttpListenInput, 'address' | 'names'> & {
      readonly address: Address;
      readonly names: readonly HostName[];
    })
  | (Required<Omit<HttpsListenInput, 'names' | 'certificateFile' | 'certificateKeyFile'>> & {
      readonly names: readonly HostName[];
      readonly certificateFile: AbsolutePath;
      readonly certificateKeyFile: AbsolutePath;
    });

/** A group of servers that Nginx sends requests to, checked. */
export interface Upstream {
  readonly servers: readonly Address[];
  readonly keepAliveConnections: number;
}

/** How systemd runs a program, checked. */
export interface Service extends Required<
  Omit<ServiceInput, 'secretsFile' | 'writableFolders' | 'workingFolder'>
> {
  readonly workingFolder: AbsolutePath;
  readonly secretsFile: AbsolutePath | undefined;
  readonly writableFolders: readonly AbsolutePath[];
}

/** A deployment in which everything is decided and every rule holds; only `defineDeployment` makes one. */
export interface Deployment {
  readonly name: string;
  readonly target: { readonly [K in keyof TargetInput]-?: Version };
  readonly host: HostInput;
  readonly layout: CheckedLayout;
  readonly timeouts: Required<TimeoutsInput>;
  readonly keepAlive: Required<KeepAliveInput>;
  readonly maxBodyBytes: number;
  readonly nginx: Required<
    Pick<NginxInput, 'workers' | 'workerConnections' | 'publicScheme' | 'accessLog'>
  > & {
    readonly user: string | undefined;
    readonly listen: Listen;
    readonly perAddress: Required<PerAddressLimitsInput> | false;
    readonly trustedProxies: readonly string[];
    readonly routes: readonly Required<RouteInput>[];
    /** Every upstream that a route names, `gateway` and `flask` among them. */
    readonly upstreams: Readonly<Record<string, Upstream>>;
  };
  readonly gateway: Required<Pick<GatewayInput, 'memoryBytes' | 'environment'>> & {
    readonly listen: Address;
    readonly command: readonly string[] | undefined;
    readonly service: Service | undefined;
  };
  readonly flask:
    | (Required<
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
      > & {
        readonly folder: AbsolutePath;
        readonly gunicorn: AbsolutePath;
        readonly listen: Address;
        readonly service: Service | undefined;
      })
    | undefined;
}
