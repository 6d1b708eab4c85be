import type { AcmeInput } from './certificate/acme-input.ts';
import type { AddressText } from './values/address.ts';

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
