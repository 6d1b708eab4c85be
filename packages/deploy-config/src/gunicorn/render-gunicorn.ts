import type { Deployment } from '../deployment.ts';
import { renderedNotice, type RenderedFile } from '../rendered-file.ts';
import { gunicornSettings } from './gunicorn-settings.ts';
import { serializeGunicorn } from './serialize-gunicorn.ts';

/** Renders Gunicorn's configuration file; `undefined` when the deployment has no Python service. */
export function renderGunicorn(deployment: Deployment): RenderedFile | undefined {
  const settings = gunicornSettings(deployment);
  if (!settings) return undefined;
  const { supervisor, gunicornConfigFile } = deployment.layout;
  return {
    path: gunicornConfigFile,
    content: renderedNotice + serializeGunicorn(settings),
    mode: 0o644,
    ...(supervisor === 'systemd' && { owner: 'root:root' }),
    role: 'gunicorn',
  };
}
