import { basename, dirname } from 'node:path';

import type { ReleaseManifest } from '../release/release-manifest.ts';

/** Units of a release, by their names. */
export interface Units {
  readonly services: readonly string[];
  readonly sockets: readonly string[];
  readonly timers: readonly string[];
  /** Services that a timer starts: they run for a while, and aren't started with a release. */
  readonly jobs: readonly string[];
}

/** Returns the units of a release: drop-ins of other units aren't among them. */
export function unitsOf({ hostFiles }: ReleaseManifest): Units {
  const names = hostFiles
    .filter(({ role, path }) => role === 'systemd' && !dirname(path).endsWith('.d'))
    .map(({ path }) => basename(path));
  const timers = names.filter((name) => name.endsWith('.timer'));
  const isJob = (name: string) => timers.includes(name.replace(/\.service$/, '.timer'));
  const services = names.filter((name) => name.endsWith('.service'));
  return {
    services: services.filter((name) => !isJob(name)),
    sockets: names.filter((name) => name.endsWith('.socket')),
    timers,
    jobs: services.filter(isJob),
  };
}
