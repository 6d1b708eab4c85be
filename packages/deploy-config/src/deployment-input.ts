import type { Layout } from './layout.ts';
import type { NginxInput } from './nginx-input.ts';
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
  /**
   * Processes that answer requests, each with all models in its memory.
   * @defaultValue `1`; with `computeMs` as many as the cores need and the memory allows
   */
  readonly processes?: number;
  /** Measured compute time of one row of the model with the most requests, in milliseconds, to choose `processes`. @defaultValue not known */
  readonly computeMs?: number;
  /** Memory limit of one process with its models loaded, in bytes. @defaultValue 1 GiB */
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
