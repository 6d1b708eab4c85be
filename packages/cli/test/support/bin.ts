import { fileURLToPath } from 'node:url';

/** The words with which Node runs the command on the packages' sources. */
export const bin: readonly string[] = [
  process.execPath,
  '--conditions=@fairlead/source',
  fileURLToPath(new URL('../../src/bin.ts', import.meta.url)),
];
