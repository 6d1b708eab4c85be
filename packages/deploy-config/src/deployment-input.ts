import type { AcmeInput } from './certificate/acme-input.ts';
import type { Layout } from './layout.ts';
import type { SecretInput } from './secrets/secret-input.ts';
import type { BackupInput } from './state/backup-input.ts';
import type { AddressText } from './values/address.ts';

/** Versions of the programs that will read the files: the rendered text depends on them. */
export interface TargetInput {
  /** Version of Nginx, such as `1.22.1`; at least 1.19.4. */
  readonly nginx: string;
  /** Version of Nginx's OpenSSL. @defaultValue `'3.0.0'` */
  readonly openssl?: string;
  /** Version of Gunicorn; at least 22.0.0. @defaultValue `'27.0.1'` */
  readonly gunicorn?: string;
  /** Version of systemd; at least 247. @defaultValue `'252'` */
  readonly systemd?: string;
}

/** Resources of the machine. */
export interface HostInput {
  /** Processor cores. */
  readonly cores: number;
  /** Main memory, in bytes. */
  readonly memoryBytes: number;
  /** Files that a process may open: `ulimit -Hn`, or `LimitNOFILE` of Nginx's unit under systemd. @defaultValue `65_536` */
  readonly openFiles?: number;
  /** Maximum size of the journal, which has the logs of the services, and disk space that it leaves free; in bytes. @defaultValue 1 GB */
  readonly journalMaxBytes?: number;
  /** Time servers, under systemd. @defaultValue those of EC2: `169.254.169.123`, `fd00:ec2::123` */
  readonly timeServers?: readonly string[];
  /** Installs security updates every day, under systemd; never reboots. @defaultValue `true` */
  readonly automaticUpdates?: boolean;
}

/** The CloudWatch agent of the host: metrics of the machine, and the logs of Nginx and the services. */
export interface CloudWatchInput {
  /** Namespace of the metrics. @defaultValue `'Fairlead/Host'` */
  readonly namespace?: string;
  /** First part of the names of the log groups. @defaultValue `/` and the deployment's name */
  readonly logGroup?: string;
  /** Days after which CloudWatch deletes logs; one of the numbers that CloudWatch Logs offers. @defaultValue `30` */
  readonly retentionDays?: number;
}

/** Timeouts in milliseconds; the defaults follow from `requestMs` and `marginMs`. */
export interface TimeoutsInput {
  /** Maximum time of a prediction for the client. @defaultValue `30_000` */
  readonly requestMs?: number;
  /** Difference between two consecutive timeouts. @defaultValue `5_000` */
  readonly marginMs?: number;
  /** Timeout of Nginx's connections to an upstream. @defaultValue `2_000`, at most `requestMs` */
  readonly nginxConnectMs?: number;
  /** Timeout of Nginx between two reads from an upstream. @defaultValue `requestMs + marginMs` */
  readonly nginxReadMs?: number;
  /** Timeout of Nginx for the client's headers, between two reads of its body, and between two writes to it. @defaultValue `10_000` */
  readonly nginxClientMs?: number;
  /** `headersTimeout` of the gateway. @defaultValue `10_000`, at most `gatewayReceiveMs` */
  readonly gatewayHeadersMs?: number;
  /** `requestTimeout` of the gateway: to receive one whole request. @defaultValue `requestMs` */
  readonly gatewayReceiveMs?: number;
  /** Time for requests in flight in the gateway after SIGTERM. @defaultValue `nginxReadMs`, at least `keepAlive.upstreamMs + 500` */
  readonly gatewayShutdownMs?: number;
  /** Time after which Gunicorn kills an unresponsive worker; whole seconds. @defaultValue `nginxReadMs + marginMs`, rounded up */
  readonly gunicornMs?: number;
  /** Time for requests in flight in Gunicorn's workers; whole seconds. @defaultValue `nginxReadMs`, rounded up */
  readonly gunicornGracefulMs?: number;
  /** Time after which systemd kills a stopping service. @defaultValue `marginMs` above the longest of `gunicornMs`, `gunicornGracefulMs` and `gatewayShutdownMs` */
  readonly stopMs?: number;
  /** Deregistration delay of the load balancer. @defaultValue `stopMs + marginMs`, at least `requestMs + 10_000` */
  readonly deregistrationMs?: number;
}

/** Idle timeouts of keep-alive connections in milliseconds: each server's must exceed its client's. */
export interface KeepAliveInput {
  /** Idle timeout of the clients of Nginx, such as a load balancer. @defaultValue `60_000` */
  readonly clientMs?: number;
  /** Idle timeout of Nginx toward its clients. @defaultValue `75_000` */
  readonly nginxMs?: number;
  /** Idle timeout of Nginx's connections to the gateway; a restart of the gateway waits for them. @defaultValue `1_000` */
  readonly upstreamMs?: number;
  /** Idle timeout of the gateway toward Nginx. @defaultValue `75_000` */
  readonly gatewayMs?: number;
  /** Maximum idle connections of each Nginx worker to the gateway. @defaultValue `32` */
  readonly connections?: number;
}

/** Plain HTTP listener of Nginx, for a laptop or behind a load balancer that terminates TLS. */
export interface HttpListenInput {
  /** Plain HTTP: `'http'`. */
  readonly scheme: 'http';
  /** Address, such as `127.0.0.1:8080`. */
  readonly address: AddressText;
  /** Accepted host names; another one gets 421. @defaultValue all */
  readonly names?: readonly string[];
}

/** TLS listener of Nginx, with a redirect from plain HTTP. */
export interface HttpsListenInput {
  /** TLS: `'https'`. */
  readonly scheme: 'https';
  /** Accepted host names; the TLS handshake of another one is refused. */
  readonly names: readonly [string, ...string[]];
  /** The certificate and its chain, PEM; absolute path. Required without `acme`. @defaultValue `/etc/<name>/tls/certificate.pem` with `acme` */
  readonly certificateFile?: string;
  /** The certificate's private key, PEM; absolute path. Required without `acme`. @defaultValue `/etc/<name>/tls/key.pem` with `acme` */
  readonly certificateKeyFile?: string;
  /** Certificates of an ACME authority, under systemd. @defaultValue the certificate is in files */
  readonly acme?: AcmeInput;
  /** IP address to listen on. @defaultValue `'0.0.0.0'` */
  readonly host?: string;
  /** Port of TLS. @defaultValue `443` */
  readonly port?: number;
  /** Port of the redirect to https. @defaultValue `80` */
  readonly redirectPort?: number;
}

/** Per-client limits at Nginx: for each IPv4 address, or /56 of IPv6. */
export interface PerAddressLimitsInput {
  /** Requests per second. @defaultValue `200` */
  readonly requestsPerSecond?: number;
  /** Requests above the rate that pass at once. @defaultValue `400` */
  readonly burst?: number;
  /** Requests in progress at the same time; a connection without one isn't counted. @defaultValue `200`, or what `nginx.workerConnections` allows */
  readonly connections?: number;
}

/** Group of servers for routes, besides `gateway` and `flask`. */
export interface UpstreamInput {
  /** Addresses, used in turn. */
  readonly servers: readonly [AddressText, ...AddressText[]];
  /** Maximum idle connections to it; 0 for a threaded Gunicorn, which loses requests on keep-alive connections. @defaultValue `0` */
  readonly keepAliveConnections?: number;
}

/** Route of a path to an upstream. */
export interface RouteInput {
  /** Path, such as `/` or `/flask/`. */
  readonly path: string;
  /** Paths that the route applies to: those that begin with `path`, or `path` alone. @defaultValue `'prefix'` */
  readonly match?: 'prefix' | 'exact';
  /** `gateway`, `flask`, or a name in `nginx.upstreams`. */
  readonly upstream: string;
  /**
   * Receives the whole body before Nginx connects to the upstream. Nginx never ends a slow body:
   * the gateway does, and refuses a request without a valid key before its body.
   * @defaultValue `false` for the gateway, else `true`
   */
  readonly bufferRequests?: boolean;
}

/** Nginx in front of the services. */
export interface NginxInput {
  /** Listener for HTTP or HTTPS. */
  readonly listen: HttpListenInput | HttpsListenInput;
  /**
   * Account of the worker processes, other than root; only root may switch to one.
   * @defaultValue `www-data` under systemd; else the account that starts Nginx, or for root the account that Nginx was built with
   */
  readonly user?: string;
  /** Worker processes. @defaultValue `host.cores` */
  readonly workers?: number;
  /** Connections of each worker, to clients and upstreams together. @defaultValue `16_384`, or what `host.openFiles` allows */
  readonly workerConnections?: number;
  /** Must equal `maxBodyBytes`. @defaultValue `maxBodyBytes` */
  readonly maxBodyBytes?: number;
  /** Per-client limits; `false` turns them off. */
  readonly perAddress?: PerAddressLimitsInput | false;
  /** Networks (CIDR) whose `X-Forwarded-For` is trusted: the load balancer's. @defaultValue none */
  readonly trustedProxies?: readonly string[];
  /**
   * Paths that `trustedProxies` may request by any host name: load balancers check a target by its address.
   * @defaultValue `['/v2/health/live', '/v2/health/ready']`
   */
  readonly healthPaths?: readonly string[];
  /** Scheme between clients and the load balancer, when that terminates TLS. @defaultValue `listen.scheme` */
  readonly publicScheme?: 'http' | 'https';
  /** Paths and their upstreams. @defaultValue everything to the gateway */
  readonly routes?: readonly [RouteInput, ...RouteInput[]];
  /** Further groups of servers by the name that routes use. @defaultValue none */
  readonly upstreams?: Readonly<Record<string, UpstreamInput>>;
  /** Must equal `gateway.listen`. @defaultValue `gateway.listen` */
  readonly gatewayAddress?: AddressText;
  /** Logs each request as a JSON line. @defaultValue `true` */
  readonly accessLog?: boolean;
  /**
   * Logs errors of single requests in the error log, each with the whole request line: with its query,
   * which may contain secrets of clients.
   * @defaultValue `false`
   */
  readonly requestErrorLog?: boolean;
}

/** systemd service of a program. */
export interface ServiceInput {
  /** Account of the service, which `sysusers.d` of `renderHost` creates. */
  readonly user: string;
  /** Group of the service. @defaultValue the name of the account */
  readonly group?: string;
  /**
   * Working directory: absolute path of a folder without secrets, because a model file may name other files
   * relative to it.
   * @defaultValue an empty folder below `/run`, which the program can't write to
   */
  readonly workingFolder?: string;
  /** File of `NAME=value` lines with secrets, outside of the deployment. @defaultValue none */
  readonly secretsFile?: string;
  /** Folders it may write to besides `/var/lib/<name>`. @defaultValue none */
  readonly writableFolders?: readonly string[];
}

/** Node service behind Nginx. */
export interface GatewayInput {
  /** Address of the gateway for HTTP. @defaultValue `gateway.sock` in the layout's `socketFolder` */
  readonly listen?: AddressText;
  /** Must equal `flask.listen`. @defaultValue `flask.listen` */
  readonly flaskAddress?: AddressText;
  /** Must equal `maxBodyBytes`. @defaultValue `maxBodyBytes` */
  readonly maxBodyBytes?: number;
  /** Memory limit with its models loaded, in bytes. @defaultValue 1 GiB */
  readonly memoryBytes?: number;
  /** Program and arguments; required under systemd. */
  readonly command?: readonly [string, ...string[]];
  /** The unit's account, folders and secrets; required under systemd. */
  readonly service?: ServiceInput;
  /** Additional environment variables; no secrets. @defaultValue none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Python service under Gunicorn. */
export interface FlaskInput {
  /** Application that Gunicorn imports, such as `flask_model.app:create_app()`. */
  readonly app: string;
  /** Folder that Python imports from. */
  readonly folder: string;
  /** Path of `gunicorn` in its virtual environment. */
  readonly gunicorn: string;
  /** Address of Gunicorn. @defaultValue `flask.sock` in the layout's `socketFolder` */
  readonly listen?: AddressText;
  /** Worker processes. @defaultValue as many as cores and memory allow */
  readonly workers?: number;
  /** Requests each process handles at once. @defaultValue `1` */
  readonly threads?: number;
  /** Native threads of one prediction (OpenMP, OpenBLAS, MKL). @defaultValue `1` */
  readonly modelThreads?: number;
  /** Memory of one worker with its models loaded, in bytes. @defaultValue 512 MiB */
  readonly workerMemoryBytes?: number;
  /** Requests after which a worker is replaced; 0 for never, else at least 10,000. @defaultValue `0` */
  readonly maxRequests?: number;
  /** Must equal `maxBodyBytes`. @defaultValue `maxBodyBytes` */
  readonly maxBodyBytes?: number;
  /** Loads the application before forking; native thread pools then hang in the workers. @defaultValue `false` */
  readonly dangerouslyPreloadApp?: boolean;
  /** The unit's account, folders and secrets; required under systemd. */
  readonly service?: ServiceInput;
  /** Additional environment variables; no secrets. @defaultValue none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** gRPC beside HTTP, for the same models. */
export interface GrpcInput {
  /**
   * Address of Nginx for gRPC in plain HTTP/2: required with plain HTTP, and not allowed with TLS, whose
   * port gRPC shares.
   */
  readonly address?: AddressText;
  /** Address of the gateway for gRPC. Under systemd, only a Unix socket outlasts a restart. @defaultValue `grpc.sock` in the layout's `socketFolder` */
  readonly gatewayListen?: AddressText;
}

/** Settings of a deployment, for `defineDeployment`. */
export interface DeploymentInput {
  /** Part of unit and folder names: lower case, digits and hyphens. @defaultValue `'fairlead'` */
  readonly name?: string;
  /** Programs of the host. */
  readonly target: TargetInput;
  /** Resources of the host. */
  readonly host: HostInput;
  /**
   * `hostLayout()` or `folderLayout(folder)`, or either with changes. `'host'` is `hostLayout(name)`, and `{ folder }` is
   * `folderLayout(folder)`, in JSON too.
   */
  readonly layout: Layout | 'host' | { readonly folder: string };
  /** Timeouts of all programs. @defaultValue timeouts for a request of 30 seconds */
  readonly timeouts?: TimeoutsInput;
  /** Idle timeouts of keep-alive connections. @defaultValue idle timeouts longer at each server than at its client */
  readonly keepAlive?: KeepAliveInput;
  /** Largest request body, in bytes: for Nginx, gateway and Flask alike. @defaultValue 16 MiB */
  readonly maxBodyBytes?: number;
  /** Nginx in front of the services. */
  readonly nginx: NginxInput;
  /** Node service behind it. */
  readonly gateway: GatewayInput;
  /** Python service under Gunicorn. @defaultValue no Python service */
  readonly flask?: FlaskInput;
  /** Secrets that the host reads itself, under systemd; values are in no rendered file. @defaultValue none */
  readonly secrets?: readonly SecretInput[];
  /** Regular backup of registry, API keys and secrets of the host, under systemd. @defaultValue no backup */
  readonly backup?: BackupInput;
  /** Configuration of the CloudWatch agent, under systemd. @defaultValue no CloudWatch agent */
  readonly cloudWatch?: CloudWatchInput;
  /** gRPC beside HTTP. @defaultValue no gRPC */
  readonly grpc?: GrpcInput;
}
