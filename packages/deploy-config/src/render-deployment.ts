import type { Deployment } from './deployment.ts';
import { renderGunicorn } from './gunicorn/render-gunicorn.ts';
import { renderNginx } from './nginx/render-nginx.ts';
import type { RenderedFile } from './rendered-file.ts';
import { renderSystemd } from './systemd/render-systemd.ts';

/** Renders every file of a deployment; the same deployment gives the same bytes. */
export function renderDeployment(deployment: Deployment): readonly RenderedFile[] {
  const gunicorn = renderGunicorn(deployment);
  return [renderNginx(deployment), ...(gunicorn ? [gunicorn] : []), ...renderSystemd(deployment)];
}
