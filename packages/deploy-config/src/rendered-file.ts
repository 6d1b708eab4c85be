import type { AbsolutePath } from './values/absolute-path.ts';

/** One file of a deployment; the caller writes it. */
export interface RenderedFile {
  /** Path on the host. */
  readonly path: AbsolutePath;
  /** The whole text, UTF-8. */
  readonly content: string;
  /** Permission bits, such as `0o644`. */
  readonly mode: number;
  /** Account and group of the owner; absent for the account that writes it. */
  readonly owner?: string;
  /** Program that reads it; `host` for the operating system and its agents. */
  readonly role: 'nginx' | 'gunicorn' | 'systemd' | 'host';
}

/** First line of every file, for a reader on the host. */
export const renderedNotice =
  '# Rendered by @fairlead/deploy-config: change the deployment, not this file.\n';
