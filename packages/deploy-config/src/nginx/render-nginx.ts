import type { Deployment } from '../deployment.ts';
import { renderedNotice, type RenderedFile } from '../rendered-file.ts';
import { nginxConfig } from './nginx-config.ts';
import { serializeNginx } from './serialize-nginx.ts';

/** Renders Nginx's configuration file. */
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
