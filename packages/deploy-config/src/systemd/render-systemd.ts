import type { Deployment } from '../deployment.ts';
import { renderedNotice, type RenderedFile } from '../rendered-file.ts';
import type { AbsolutePath } from '../values/absolute-path.ts';
import { serializeUnit } from './serialize-unit.ts';
import { systemdUnits } from './systemd-units.ts';

/**
 * Renders the systemd units of a deployment; none for a layout in the foreground.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout, renderSystemd } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(renderSystemd(deployment)); // []
 * ```
 */
export function renderSystemd(deployment: Deployment): RenderedFile[] {
  return Object.entries(systemdUnits(deployment)).map(([file, unit]) => ({
    path: `${deployment.layout.unitFolder}/${file}` as AbsolutePath,
    content: renderedNotice + serializeUnit(unit),
    mode: 0o644,
    owner: 'root:root',
    role: 'systemd',
  }));
}
