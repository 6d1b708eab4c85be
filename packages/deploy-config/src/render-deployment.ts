import { checkDeployment } from './check-options.ts';
import type { Deployment } from './deployment.ts';
import { renderGunicorn } from './gunicorn/render-gunicorn.ts';
import { renderNginx } from './nginx/render-nginx.ts';
import type { RenderedFile } from './rendered-file.ts';
import { renderSystemd } from './systemd/render-systemd.ts';

/**
 * Renders every file of a deployment; the same deployment results in the same bytes.
 *
 * @throws DeployConfigError `ERR_DEPLOY_CONFIG_INVALID_OPTION` if the deployment isn't a result of `defineDeployment`.
 */
export function renderDeployment(deployment: Deployment): readonly RenderedFile[] {
  checkDeployment(deployment);
  const gunicorn = renderGunicorn(deployment);
  return [renderNginx(deployment), ...(gunicorn ? [gunicorn] : []), ...renderSystemd(deployment)];
}
