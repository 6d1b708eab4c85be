import { runProgram } from './run-program.ts';

/** Writes everything of a folder's file system to the disk, so that a loss of power can't leave empty files under final names. */
export async function flushFolder(folder: string): Promise<void> {
  await runProgram('sync', ['--file-system', folder]);
}
