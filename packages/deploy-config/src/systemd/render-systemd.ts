import type { Deployment } from '../deployment.ts';
import { renderedNotice, type RenderedFile } from '../rendered-file.ts';
import type { AbsolutePath } from '../values/absolute-path.ts';
import { serializeUnit } from './serialize-unit.ts';
import { systemdUnits } from './systemd-units.ts';

/** Renders the systemd units of a deployment; none for a layout in the foreground. */
export function renderSystemd(deployment: Deployment): RenderedFile[] {
  return Object.entries(systemdUnits(deployment)).map(([file, unit]) => ({
    path: `${deployment.layout.unitFolder}/${file}` as AbsolutePath,
    content: renderedNotice + serializeUnit(unit),
    mode: 0o644,
    owner: 'root:root',
    role: 'systemd',
  }));
}
