import type { AbsolutePath } from './values/absolute-path.ts';

/** One file of a deployment; writing it is the caller's part. */
export interface RenderedFile {
  /** Where it belongs on the host. */
  readonly path: AbsolutePath;
  /** The whole text, UTF-8. */
  readonly content: string;
  /** Permission bits, such as `0o644`. */
  readonly mode: number;
  /** Account and group that own it; missing for whoever writes it. */
  readonly owner?: string;
  /** Which program reads it. */
  readonly role: 'nginx' | 'gunicorn' | 'systemd';
}

/** First line of every file, for whoever opens it on a host. */
export const renderedNotice =
  '# Rendered by @fairlead/deploy-config: change the deployment, not this file.\n';
