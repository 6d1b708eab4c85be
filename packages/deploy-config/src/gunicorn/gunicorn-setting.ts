import type { PythonValue } from './python-value.ts';

/**
 * Every setting of Gunicorn 27.0.1 with the kind of its value, hooks excepted (they are code, not values).
 *
 * Gunicorn itself ignores a misspelled setting in its file.
 * Source: `gunicorn.config.KNOWN_SETTINGS`, and its validators for the kinds.
 *
 * @internal
 */
export const gunicornSettingKinds = {
  access_log_format: 'string',
  accesslog: 'string',
  asgi_disconnect_grace_period: 'integer',
  asgi_lifespan: 'string',
  asgi_loop: 'string',
  backlog: 'integer',
  bind: 'strings',
  ca_certs: 'string',
  capture_output: 'boolean',
  casefold_http_method: 'boolean',
  cert_reqs: 'integer',
  certfile: 'string',
  chdir: 'string',
  check_config: 'boolean',
  ciphers: 'string',
  config: 'string',
  control_socket: 'string',
  control_socket_disable: 'boolean',
  control_socket_mode: 'integer',
  daemon: 'boolean',
  default_proc_name: 'string',
  dirty_apps: 'strings',
  dirty_graceful_timeout: 'integer',
  dirty_threads: 'integer',
  dirty_timeout: 'integer',
  dirty_workers: 'integer',
  disable_redirect_access_to_syslog: 'boolean',
  do_handshake_on_connect: 'boolean',
  dogstatsd_tags: 'string',
  enable_backlog_metric: 'boolean',
  enable_stdio_inheritance: 'boolean',
  errorlog: 'string',
  forwarded_allow_ips: 'string',
  forwarder_headers: 'string',
  graceful_timeout: 'integer',
  group: 'string',
  header_map: 'string',
  http2_cleartext: 'string',
  http2_initial_window_size: 'integer',
  http2_max_concurrent_streams: 'integer',
  http2_max_frame_size: 'integer',
  http2_max_header_list_size: 'integer',
  http_parser: 'string',
  http_protocols: 'string',
  initgroups: 'boolean',
  keepalive: 'integer',
  keyfile: 'string',
  limit_request_field_size: 'integer',
  limit_request_fields: 'integer',
  limit_request_line: 'integer',
  logconfig: 'string',
  logconfig_dict: 'dictionary',
  logconfig_json: 'string',
  logger_class: 'string',
  loglevel: 'string',
  max_requests: 'integer',
  max_requests_jitter: 'integer',
  paste: 'string',
  permit_obsolete_folding: 'boolean',
  permit_unconventional_http_method: 'boolean',
  permit_unconventional_http_version: 'boolean',
  pidfile: 'string',
  preload_app: 'boolean',
  print_config: 'boolean',
  proc_name: 'string',
  protocol: 'string',
  proxy_allow_ips: 'string',
  proxy_protocol: 'string',
  pythonpath: 'string',
  raw_env: 'strings',
  raw_paste_global_conf: 'strings',
  reload: 'boolean',
  reload_engine: 'string',
  reload_extra_files: 'strings',
  reuse_port: 'boolean',
  root_path: 'string',
  secure_scheme_headers: 'dictionary',
  sendfile: 'boolean',
  spew: 'boolean',
  ssl_version: 'string',
  statsd_host: 'string',
  statsd_prefix: 'string',
  strip_header_spaces: 'boolean',
  suppress_ragged_eofs: 'boolean',
  syslog: 'boolean',
  syslog_addr: 'string',
  syslog_facility: 'string',
  syslog_prefix: 'string',
  threads: 'integer',
  timeout: 'integer',
  tmp_upload_dir: 'string',
  umask: 'integer',
  user: 'string',
  uwsgi_allow_ips: 'string',
  websocket_max_message_size: 'integer',
  worker_class: 'string',
  worker_connections: 'integer',
  worker_tmp_dir: 'string',
  workers: 'integer',
  wsgi_app: 'string',
} as const;

/** The type of the values of each kind of setting. */
export interface GunicornValueByKind {
  /** Python's `True` or `False`. */
  boolean: boolean;
  /** Zero or more. */
  integer: number;
  /** Text; `null` is Python's `None`. */
  string: string | null;
  /** A list of texts. */
  strings: readonly string[];
  /** A dictionary. */
  dictionary: Readonly<Record<string, PythonValue>>;
}

/** The name of a setting of Gunicorn. */
export type GunicornSettingName = keyof typeof gunicornSettingKinds;

/** A Gunicorn configuration: settings by name, each with a value of its kind. */
export type GunicornSettings = {
  readonly [N in GunicornSettingName]?: GunicornValueByKind[(typeof gunicornSettingKinds)[N]];
};
