import { basename, dirname } from 'node:path';

import type { ReleaseManifest } from '../release/release-manifest.ts';

/** Units of a release, by their names. */
export interface Units {
  readonly services: readonly string[];
  readonly sockets: readonly string[];
}

/** Returns the units of a release: drop-ins of other units aren't among them. */
export function unitsOf({ hostFiles }: ReleaseManifest): Units {
  const names = hostFiles
    .filter(({ role, path }) => role === 'systemd' && !dirname(path).endsWith('.d'))
    .map(({ path }) => basename(path));
  return {
    services: names.filter((name) => name.endsWith('.service')),
    sockets: names.filter((name) => name.endsWith('.socket')),
  };
}
