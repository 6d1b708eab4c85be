import type { BuildReleaseOptions } from './build-options.ts';
import type { Gate } from './release-manifest.ts';

/** Returns the checks of a release on a host: readiness first, through the listener of Nginx. */
export function gateOf(options: BuildReleaseOptions): Gate {
  const { deployment, checks = [], checkKeyFile, readyTimeoutMs = 60_000 } = options;
  const { listen, healthPaths } = deployment.nginx;
  const [name = 'localhost'] = listen.names;
  const { host, port } =
    listen.scheme === 'https'
      ? { host: listen.host, port: listen.port }
      : listen.address.kind === 'tcp'
        ? listen.address
        : { host: '127.0.0.1', port: 80 };
  const loopback = host.includes(':') ? '::1' : '127.0.0.1';
  const ready = healthPaths.find((path) => path.endsWith('/ready')) ?? '/v2/health/ready';
  return {
    origin: {
      scheme: listen.scheme,
      address: ['0.0.0.0', '::'].includes(host) ? loopback : host,
      port,
      name: name.replace(/^\*/, 'gate'),
    },
    checks: [{ path: ready }, ...checks],
    timeoutMs: readyTimeoutMs,
    ...(checkKeyFile !== undefined && { keyFile: checkKeyFile }),
  };
}
