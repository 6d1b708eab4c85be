import type { Layout } from './layout.ts';
import type { AddressText } from './values/address.ts';

/** Versions of the programs that will read the files: what is rendered depends on them. */
export interface TargetInput {
  /** Such as `1.22.1`; at least 1.19.4. */
  readonly nginx: string;
  /** The library Nginx runs with. @defaultValue `'3.0.0'` */
  readonly openssl?: string;
  /** At least 22.0.0. @defaultValue `'27.0.1'` */
  readonly gunicorn?: string;
  /** At least 247. @defaultValue `'252'` */
  readonly systemd?: string;
}

/** What the machine has. */
export interface HostInput {
  /** Processor cores. */
  readonly cores: number;
  /** Main memory, in bytes. */
  readonly memoryBytes: number;
  /** Files that a process may open: `ulimit -Hn`, or `LimitNOFILE` of Nginx's unit under systemd. @defaultValue `65_536` */
  readonly openFiles?: number;
}

/** Every timeout in milliseconds; what is left out follows from `requestMs` and `marginMs`. */
export interface TimeoutsInput {
  /** The longest a prediction may take, as the client sees it. @defaultValue `30_000` */
  readonly requestMs?: number;
  /** Distance between two rungs of the ladder. @defaultValue `5_000` */
  readonly marginMs?: number;
  /** How long Nginx tries to connect to an upstream. @defaultValue `2_000` */
  readonly nginxConnectMs?: number;
  /** How long Nginx waits between two reads from an upstream. @defaultValue `requestMs + marginMs` */
  readonly nginxReadMs?: number;
  /** How long Nginx waits for the client's head, between two reads of its body, and between two writes to it. @defaultValue `10_000` */
  readonly nginxClientMs?: number;
  /** The gateway's `headersTimeout`. @defaultValue `10_000`, at most `gatewayReceiveMs` */
  readonly gatewayHeadersMs?: number;
  /** The gateway's `requestTimeout`: to receive one whole request. @defaultValue `requestMs` */
  readonly gatewayReceiveMs?: number;
  /** How long the gateway finishes what is in flight after SIGTERM. @defaultValue `nginxReadMs` */
  readonly gatewayShutdownMs?: number;
  /** Silence after which Gunicorn kills a worker; whole seconds. @defaultValue `nginxReadMs + marginMs` */
  readonly gunicornMs?: number;
  /** How long Gunicorn's workers finish what is in flight; whole seconds. @defaultValue `nginxReadMs` */
  readonly gunicornGracefulMs?: number;
  /** When systemd kills what has not stopped. @defaultValue one margin above the longest of the above */
  readonly stopMs?: number;
  /** How long a load balancer keeps connections to a leaving host. @defaultValue `stopMs + marginMs`, at least `requestMs + 10_000` */
  readonly deregistrationMs?: number;
}

/** Idle times of kept connections in milliseconds: each server must outlast its client. */
export interface KeepAliveInput {
  /** Whoever connects to Nginx, such as a load balancer. @defaultValue `60_000` */
  readonly clientMs?: number;
  /** Nginx towards its clients. @defaultValue `75_000` */
  readonly nginxMs?: number;
  /** Nginx's idle connections to the gateway; a restart of it waits for them. @defaultValue `1_000` */
  readonly upstreamMs?: number;
  /** The gateway towards Nginx. @defaultValue `75_000` */
  readonly gatewayMs?: number;
  /** Idle connections each Nginx worker keeps to the gateway. @defaultValue `32` */
  readonly connections?: number;
}

/** Where Nginx takes requests: plain, for a laptop or behind a load balancer that ends TLS. */
export interface HttpListenInput {
  /** Plain HTTP. */
  readonly scheme: 'http';
  /** Such as `127.0.0.1:8080`. */
  readonly address: AddressText;
  /** Host names that are answered; an unknown one gets 421. @defaultValue all */
  readonly names?: readonly string[];
}

/** Where Nginx takes requests: TLS, with a redirect from plain HTTP. */
export interface HttpsListenInput {
  /** TLS. */
  readonly scheme: 'https';
  /** Host names that are answered; the TLS handshake of an unknown one is refused. */
  readonly names: readonly [string, ...string[]];
  /** The certificate and its chain, PEM; absolute path. */
  readonly certificateFile: string;
  /** The certificate's private key, PEM; absolute path. */
  readonly certificateKeyFile: string;
  /** IP address to listen on. @defaultValue `'0.0.0.0'` */
  readonly host?: string;
  /** @defaultValue `443` */
  readonly port?: number;
  /** Port of the redirect to https. @defaultValue `80` */
  readonly redirectPort?: number;
}

/** Limits of Nginx's own for each IPv4 address, or /56 of IPv6, before anything reaches the gateway. */
export interface PerAddressLimitsInput {
  /** @defaultValue `200` */
  readonly requestsPerSecond?: number;
  /** Requests above the rate that are let through at once. @defaultValue `400` */
  readonly burst?: number;
  /** Requests in progress at the same time; a connection without one isn't counted. @defaultValue `200`, or what `nginx.workerConnections` allows */
  readonly connections?: number;
}

/** A group of servers that routes may name, besides `gateway` and `flask`. */
export interface UpstreamInput {
  /** Nginx takes turns among them. */
  readonly servers: readonly [AddressText, ...AddressText[]];
  /** Idle connections kept to it; 0 for a threaded Gunicorn, which loses requests on kept connections. @defaultValue `0` */
  readonly keepAliveConnections?: number;
}

/** What is sent where. */
export interface RouteInput {
  /** Such as `/` or `/flask/`. */
  readonly path: string;
  /** @defaultValue `'prefix'` */
  readonly match?: 'prefix' | 'exact';
  /** `gateway`, `flask`, or a name in `nginx.upstreams`. */
  readonly upstream: string;
  /**
   * Whether Nginx takes in the whole body before it connects to the upstream. Nginx itself never ends a body that arrives
   * slowly: the gateway does, and refuses a request without a right key before its body.
   * @defaultValue `false` for the gateway, else `true`
   */
  readonly bufferRequests?: boolean;
}

/** The outermost server. */
export interface NginxInput {
  /** Where requests come in. */
  readonly listen: HttpListenInput | HttpsListenInput;
  /**
   * Account of the worker processes, other than root; only root may switch to one.
   * @defaultValue `www-data` under systemd; else whoever starts Nginx, or for root the account that Nginx was built with
   */
  readonly user?: string;
  /** Worker processes. @defaultValue `host.cores` */
  readonly workers?: number;
  /** Connections of each worker, to clients and upstreams together. @defaultValue `16_384`, or what `host.openFiles` allows */
  readonly workerConnections?: number;
  /** Has to equal `maxBodyBytes`. @defaultValue `maxBodyBytes` */
  readonly maxBodyBytes?: number;
  /** `false` switches the limits off. */
  readonly perAddress?: PerAddressLimitsInput | false;
  /** Networks (CIDR) whose `X-Forwarded-For` is believed: the load balancer's. @defaultValue none */
  readonly trustedProxies?: readonly string[];
  /** What clients use towards the load balancer, when that ends TLS. @defaultValue `listen.scheme` */
  readonly publicScheme?: 'http' | 'https';
  /** @defaultValue everything to the gateway */
  readonly routes?: readonly [RouteInput, ...RouteInput[]];
  /** Further groups of servers by the name that routes use. @defaultValue none */
  readonly upstreams?: Readonly<Record<string, UpstreamInput>>;
  /** Has to equal `gateway.listen`. @defaultValue `gateway.listen` */
  readonly gatewayAddress?: AddressText;
  /** Whether each request is logged, as a JSON line. @defaultValue `true` */
  readonly accessLog?: boolean;
  /**
   * Whether errors of single requests are in the error log, each with the whole first line of its request: its query too,
   * in which clients may have put what is secret.
   * @defaultValue `false`: their status and that of the upstream are in the access log
   */
  readonly requestErrorLog?: boolean;
}

/** How systemd runs a program. */
export interface ServiceInput {
  /** Account that runs it; it has to exist. */
  readonly user: string;
  /** @defaultValue the name of the account */
  readonly group?: string;
  /**
   * Where the program starts; absolute path of a folder without secrets, for a file that a program reads may name others
   * beside it, relative to that folder.
   * @defaultValue an empty folder below `/run`, which the program can't write to
   */
  readonly workingFolder?: string;
  /** A file of `NAME=value` lines with secrets, which stays outside of the deployment. @defaultValue none */
  readonly secretsFile?: string;
  /** Folders it may write to besides `/var/lib/<name>`. @defaultValue none */
  readonly writableFolders?: readonly string[];
}

/** The Node service behind Nginx. */
export interface GatewayInput {
  /** @defaultValue `gateway.sock` in the layout's `socketFolder` */
  readonly listen?: AddressText;
  /** Has to equal `flask.listen`. @defaultValue `flask.listen` */
  readonly flaskAddress?: AddressText;
  /** Has to equal `maxBodyBytes`. @defaultValue `maxBodyBytes` */
  readonly maxBodyBytes?: number;
  /** Memory it may use with its models loaded, in bytes. @defaultValue 1 GiB */
  readonly memoryBytes?: number;
  /** Program and arguments; required under systemd. */
  readonly command?: readonly [string, ...string[]];
  /** Required under systemd. */
  readonly service?: ServiceInput;
  /** Further variables for its environment; no secrets. @defaultValue none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The Python service under Gunicorn. */
export interface FlaskInput {
  /** Such as `flask_model.app:create_app()`. */
  readonly app: string;
  /** The folder Python imports from. */
  readonly folder: string;
  /** The `gunicorn` program in its virtual environment. */
  readonly gunicorn: string;
  /** @defaultValue `flask.sock` in the layout's `socketFolder` */
  readonly listen?: AddressText;
  /** Processes. @defaultValue as many as cores and memory allow */
  readonly workers?: number;
  /** Requests each process handles at once. @defaultValue `1` */
  readonly threads?: number;
  /** Native threads of one prediction (OpenMP, OpenBLAS, MKL). @defaultValue `1` */
  readonly modelThreads?: number;
  /** Memory of one worker with its models loaded, in bytes. @defaultValue 512 MiB */
  readonly workerMemoryBytes?: number;
  /** Requests after which a worker is replaced; 0 for never, else at least 10,000. @defaultValue `0` */
  readonly maxRequests?: number;
  /** Has to equal `maxBodyBytes`. @defaultValue `maxBodyBytes` */
  readonly maxBodyBytes?: number;
  /** Load the application before forking; native thread pools then hang in the workers. @defaultValue `false` */
  readonly dangerouslyPreloadApp?: boolean;
  /** Required under systemd. */
  readonly service?: ServiceInput;
  /** Further variables for its environment; no secrets. @defaultValue none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** gRPC beside HTTP, for the same models. */
export interface GrpcInput {
  /**
   * Where Nginx takes gRPC in plain HTTP/2: needed where it takes plain HTTP, and not allowed where it takes TLS, which
   * gRPC then shares, with its port.
   */
  readonly address?: AddressText;
  /** Where the gateway listens for it. @defaultValue `grpc.sock` in the layout's `socketFolder`; `127.0.0.1:9000` under systemd */
  readonly gatewayListen?: AddressText;
}

/** Everything `defineDeployment` takes. */
export interface DeploymentInput {
  /** Part of unit and folder names: lower case, digits and hyphens. @defaultValue `'fairlead'` */
  readonly name?: string;
  /** What the host runs. */
  readonly target: TargetInput;
  /** What the host is. */
  readonly host: HostInput;
  /** `hostLayout()` or `folderLayout(folder)`, or either with changes. */
  readonly layout: Layout;
  /** @defaultValue everything from a request of 30 seconds */
  readonly timeouts?: TimeoutsInput;
  /** @defaultValue each server longer than its client */
  readonly keepAlive?: KeepAliveInput;
  /** Largest request body, in bytes: for Nginx, gateway and Flask alike. @defaultValue 16 MiB */
  readonly maxBodyBytes?: number;
  /** The outermost server. */
  readonly nginx: NginxInput;
  /** The Node service behind it. */
  readonly gateway: GatewayInput;
  /** @defaultValue no Python service */
  readonly flask?: FlaskInput;
  /** @defaultValue no gRPC */
  readonly grpc?: GrpcInput;
}
