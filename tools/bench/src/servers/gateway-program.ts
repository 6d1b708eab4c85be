import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBundle } from '@fairlead/deploy';

const ENTRY = fileURLToPath(new URL('../../../../apps/gateway/src/main.ts', import.meta.url));

let program: Promise<string> | undefined;

/** Bundles the sample's gateway as a release does, once for all sides. */
export function gatewayProgram(folder: string): Promise<string> {
  program ??= writeBundle({
    ...{ entry: ENTRY, into: join(folder, 'gateway'), conditions: ['@fairlead/source'] },
  });
  return program;
}
