import type { Deployment } from '../deployment.ts';
import { renderedNotice, type RenderedFile } from '../rendered-file.ts';
import { nginxConfig } from './nginx-config.ts';
import { serializeNginx } from './serialize-nginx.ts';

/**
 * Renders Nginx's configuration file.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, renderNginx } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(renderNginx(deployment).path); // /tmp/my-service/nginx.conf
 * ```
 */
export function renderNginx(deployment: Deployment): RenderedFile {
  const { supervisor, nginxConfigFile } = deployment.layout;
  return {
    path: nginxConfigFile,
    content: renderedNotice + serializeNginx(nginxConfig(deployment)),
    mode: 0o644,
    ...(supervisor === 'systemd' && { owner: 'root:root' }),
    role: 'nginx',
  };
}
