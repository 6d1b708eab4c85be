import type { ReleaseManifest } from '../release/release-manifest.ts';
import { runProgram } from './run-program.ts';
import { unitsOf } from './units.ts';

/** Lines of the log in the report of a failure. */
const LOG_LINES = '20';

/** Reads the last lines of the log of a release's services. */
export async function readLog(manifest: ReleaseManifest): Promise<readonly string[]> {
  const units = unitsOf(manifest).services.map((name) => `--unit=${name}`);
  const args = ['--no-pager', '--quiet', '--output=short-iso', '--lines', LOG_LINES, ...units];
  const { stdout } = await runProgram('journalctl', args);
  return stdout.trimEnd().split('\n');
}
