import { fileURLToPath } from 'node:url';

/** The command that starts a gateway in a separate process. */
export const gatewayCommand = [
  process.execPath,
  '--conditions=@fairlead/source',
  fileURLToPath(new URL('main.ts', import.meta.url)),
] as const;

/** Variables of every gateway process: where programs are, compiled code of the starts before, and no warm-up. */
export const processEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '',
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
  FAIRLEAD_WARM_UP_MS: '0',
};
