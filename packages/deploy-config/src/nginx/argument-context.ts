import type { NginxDirective } from './nginx-directive.ts';

/**
 * Interpretation of the arguments of a directive.
 *
 * - `plain`: literal; `$` has no meaning.
 * - `text`: variables are expanded.
 * - `header`: variables are expanded and the result becomes a header line, where a line break would start another one.
 */
export type ArgumentContext = 'plain' | 'text' | 'header';

const names: Readonly<Record<ArgumentContext, readonly string[]>> = {
  plain: [
    ...['absolute_redirect', 'allow', 'client_body_buffer_size', 'client_body_temp_path'],
    ...['client_body_timeout', 'client_header_buffer_size', 'client_header_timeout'],
    ...['client_max_body_size', 'daemon', 'default_type', 'deny', 'error_log', 'events'],
    ...[
      'fastcgi_temp_path',
      'geo',
      'grpc_connect_timeout',
      'grpc_read_timeout',
      'grpc_send_timeout',
      'gzip',
      'http',
      'http2',
      'ignore_invalid_headers',
      'internal',
    ],
    ...['keepalive', 'keepalive_requests', 'keepalive_timeout', 'large_client_header_buffers'],
    ...['limit_conn', 'limit_conn_status', 'limit_except', 'limit_req', 'limit_req_status'],
    ...['lingering_close', 'lingering_time', 'lingering_timeout', 'listen', 'location'],
    ...['master_process', 'pid', 'port_in_redirect', 'proxy_buffer_size', 'proxy_buffering'],
    ...['proxy_buffers', 'proxy_connect_timeout', 'proxy_hide_header', 'proxy_http_version'],
    ...['proxy_ignore_headers', 'proxy_intercept_errors', 'proxy_next_upstream'],
    ...['proxy_next_upstream_timeout', 'proxy_next_upstream_tries', 'proxy_pass_header'],
    ...['proxy_pass_request_body', 'proxy_pass_request_headers', 'proxy_read_timeout'],
    ...['proxy_request_buffering', 'proxy_send_timeout', 'proxy_temp_path', 'real_ip_header'],
    ...['real_ip_recursive', 'recursive_error_pages', 'reset_timedout_connection'],
    ...['scgi_temp_path', 'send_timeout', 'sendfile', 'server', 'server_name'],
    ...['server_name_in_redirect', 'server_names_hash_bucket_size', 'server_names_hash_max_size'],
    ...['server_tokens', 'set_real_ip_from', 'ssl_buffer_size', 'ssl_ciphers', 'ssl_ecdh_curve'],
    ...['ssl_prefer_server_ciphers', 'ssl_protocols', 'ssl_reject_handshake'],
    ...['ssl_session_cache', 'ssl_session_tickets', 'ssl_session_timeout', 'tcp_nodelay'],
    ...['tcp_nopush', 'types_hash_max_size', 'underscores_in_headers', 'upstream', 'user'],
    ...['uwsgi_temp_path', 'variables_hash_bucket_size', 'worker_connections', 'worker_processes'],
    ...['worker_rlimit_nofile', 'worker_shutdown_timeout', 'zone'],
  ],
  text: [
    ...['access_log', 'alias', 'error_page', 'grpc_pass', 'limit_conn_zone', 'limit_rate'],
    ...['limit_req_zone', 'log_format', 'map', 'proxy_pass', 'return', 'rewrite', 'root', 'set'],
    ...['split_clients', 'ssl_certificate', 'ssl_certificate_key', 'try_files'],
  ],
  header: ['add_header', 'add_trailer', 'grpc_set_header', 'proxy_set_header'],
};

const contexts = new Map(
  Object.entries(names).flatMap(([context, list]) =>
    list.map((name): [string, ArgumentContext] => [name, context as ArgumentContext]),
  ),
);

const redirects = new Set<unknown>([301, 302, 303, 307, 308]);

/** Returns how a directive reads its arguments; `undefined` for a directive that is not listed. */
export function argumentContext({ name, args }: NginxDirective): ArgumentContext | undefined {
  // The argument of a redirect becomes the Location header.
  if (name === 'return' && redirects.has(Number(args[0]))) return 'header';
  return contexts.get(name);
}
