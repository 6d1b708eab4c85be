import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The words with which Node runs the command on the packages' sources. */
export const bin: readonly string[] = [
  process.execPath,
  '--conditions=@fairlead/source',
  fileURLToPath(new URL('../../src/bin.ts', import.meta.url)),
];

/** Environment of a command: not that of the tests with its colors and registry, but Node's cache of compiled code. */
export function commandEnv(
  home: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  return { PATH, NODE_COMPILE_CACHE, HOME: home, ...more };
}

/** Writes an executable `fairlead` into the new folder `tools` of `folder`, and returns the path of `tools`. */
export function installCommand(folder: string): string {
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  const command = join(tools, 'fairlead');
  const cache = `NODE_COMPILE_CACHE='${process.env.NODE_COMPILE_CACHE ?? ''}'`;
  const words = bin.map((word) => `'${word}'`).join(' ');
  writeFileSync(command, `#!/bin/sh\nexport ${cache}\nexec ${words} "$@"\n`);
  chmodSync(command, 0o755);
  return tools;
}
