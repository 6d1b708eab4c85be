import { spawn } from 'node:child_process';

/** Opens a page in the browser of the desktop; without one nothing happens. */
export function openBrowser(url: string): void {
  const [program, ...args]: [string, ...string[]] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', url]
        : ['xdg-open', url];
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  // The address is printed as well.
  child.on('error', () => undefined);
  child.unref();
}
