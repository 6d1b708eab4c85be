import { readState } from './deploy-state.ts';
import type { HostPaths } from './host-paths.ts';
import { readManifest } from './read-manifest.ts';
import { runProgram } from './run-program.ts';
import { currentDigest } from './switch-release.ts';
import { unitsOf } from './units.ts';

/** Releases and services of a host. */
export interface HostStatus {
  /** Release that `current` leads to. */
  readonly current: string | undefined;
  /** Releases that passed their gate, the latest first. */
  readonly history: readonly string[];
  /** Release whose activation was killed. */
  readonly pending: string | undefined;
  /** True if the killed activation was that of a rollback. @defaultValue `false` */
  readonly isRollback?: boolean | undefined;
  /** States of the units by their names, such as `active`. */
  readonly units: Readonly<Record<string, string>>;
}

/** Reads the status of a host; changes nothing. */
export async function readStatus(paths: HostPaths): Promise<HostStatus> {
  const { history, pending } = await readState(paths);
  const current = await currentDigest(paths);
  const manifest = current === undefined ? undefined : await readManifest(paths, current);
  const units = manifest && unitsOf(manifest);
  const names = [
    ...(units?.sockets ?? []),
    ...(units?.services ?? []),
    ...(units?.timers ?? []),
    ...(units?.jobs ?? []),
    'nginx.service',
  ];
  const { stdout } = await runProgram('systemctl', ['is-active', ...names]);
  const states = stdout.trim().split('\n');
  return {
    current,
    history,
    pending: pending?.digest,
    isRollback: pending?.isRollback,
    units: Object.fromEntries(names.map((name, index) => [name, states[index] ?? 'unknown'])),
  };
}
