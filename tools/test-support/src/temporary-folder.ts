import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

/** Options of {@link temporaryFolder}. */
export interface TemporaryFolderOptions {
  /**
   * Use a file system in memory where the machine has one with enough space: to sync a file to a disk takes milliseconds.
   * @defaultValue false
   */
  readonly inMemory?: boolean;
}

/** Creates a folder for the running test, which is removed when the test ends. */
export function temporaryFolder({ inMemory = false }: TemporaryFolderOptions = {}): string {
  const folder = mkdtempSync(join(inMemory ? memoryFolder() : tmpdir(), 'fairlead-test-'));
  // Nginx's workers read it from another account where root starts Nginx.
  chmodSync(folder, 0o755);
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** File system in memory of Linux. */
const SHARED_MEMORY = '/dev/shm';
/** A container has 64 MiB by default, which is too small. */
const MIN_FREE_BYTES = 1024 ** 3;

/** Returns a folder in memory, or the folder of temporary files on a machine without one. */
export function memoryFolder(): string {
  try {
    accessSync(SHARED_MEMORY, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    return bavail * bsize >= MIN_FREE_BYTES ? SHARED_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}
