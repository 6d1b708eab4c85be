import type { Deployment } from '../deployment.ts';
import { renderedNotice, type RenderedFile } from '../rendered-file.ts';
import { gunicornSettings } from './gunicorn-settings.ts';
import { serializeGunicorn } from './serialize-gunicorn.ts';

/**
 * Renders Gunicorn's configuration file; `undefined` when the deployment has no Python service.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, renderGunicorn } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(renderGunicorn(deployment)); // undefined
 * ```
 */
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
