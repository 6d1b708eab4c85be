import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { temporaryFolder } from '@fairlead/test-support';
import type { RenderedFile } from '../../src/index.ts';
import { program } from './program.ts';
import { writeFiles } from './write-files.ts';

interface VerifyUnitsOptions {
  readonly files: readonly RenderedFile[];
  /** Programs the units start: they only have to exist. */
  readonly programs: readonly string[];
  /** Further units by name, such as the distribution's. */
  readonly units?: Readonly<Record<string, string>>;
  /** Unit to verify, by path. */
  readonly verify: string;
  /** Print how systemd understood the unit. */
  readonly dump?: boolean;
}

/** Targets of systemd itself that units are ordered by: the root folder of the test has none. */
const targets = ['basic', 'multi-user', 'network', 'shutdown', 'sockets', 'sysinit'];

/** Runs `systemd-analyze verify` on a unit in a separate root folder: no manager runs and nothing is started. */
export function verifyUnits({ files, programs, units, verify, dump }: VerifyUnitsOptions) {
  const root = temporaryFolder();
  writeFiles(files, root);
  for (const path of programs) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '#!/bin/sh\n', { mode: 0o755 });
  }
  const folder = join(root, 'usr/lib/systemd/system');
  mkdirSync(folder, { recursive: true });
  for (const target of targets) {
    writeFileSync(join(folder, `${target}.target`), `[Unit]\nDescription=${target}\n`);
  }
  for (const [name, content] of Object.entries(units ?? {})) {
    writeFileSync(join(folder, name), content);
  }
  const { status, stdout, stderr } = spawnSync(
    program('systemd-analyze'),
    ['verify', '--man=no', '--recursive-errors=yes', `--root=${root}`, verify],
    {
      encoding: 'utf8',
      env: { ...process.env, ...(dump && { SYSTEMD_LOG_LEVEL: 'debug' }) },
    },
  );
  return { status, stdout, stderr };
}
