import { checkDeployment } from './check-options.ts';
import type { Deployment } from './deployment.ts';
import { renderGunicorn } from './gunicorn/render-gunicorn.ts';
import { renderHost } from './host/render-host.ts';
import { renderNginx } from './nginx/render-nginx.ts';
import type { RenderedFile } from './rendered-file.ts';
import { renderSystemd } from './systemd/render-systemd.ts';

/**
 * Renders every file of a deployment; the same deployment results in the same bytes.
 *
 * @throws DeployConfigError `ERR_DEPLOY_CONFIG_INVALID_OPTION` if the deployment isn't a result of `defineDeployment`.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, renderDeployment } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * const files = renderDeployment(deployment).map(({ path }) => path);
 * console.log(files); // [ '/tmp/my-service/nginx.conf' ]
 * ```
 */
export function renderDeployment(deployment: Deployment): readonly RenderedFile[] {
  checkDeployment(deployment);
  const gunicorn = renderGunicorn(deployment);
  return [
    renderNginx(deployment),
    ...(gunicorn ? [gunicorn] : []),
    ...renderSystemd(deployment),
    ...renderHost(deployment),
  ];
}
