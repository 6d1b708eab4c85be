import { hostError } from '../host-error.ts';
import { runProgram } from '../run-program.ts';

/** Time for all packages on a small host, in milliseconds. */
const TIMEOUT_MS = 540_000;

/** Options of {@link compileFolder}. */
interface CompileOptions {
  /** Path of the folder after a rename, for the traces of errors. */
  readonly finalFolder?: string;
}

/**
 * Compiles the Python modules of a folder; tests of packages aren't compiled. Python uses the bytecode regardless of the time of its source.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when the program can't run
 */
export async function compileFolder(
  python: string,
  folder: string,
  { finalFolder = folder }: CompileOptions = {},
): Promise<void> {
  const { code, stderr } = await runProgram(
    'nice',
    [
      ...['-n', '10', python, '-I', '-m', 'compileall', '-q', '-j', '0', '-x', '/tests?/'],
      ...['--invalidation-mode', 'unchecked-hash', '-s', folder, '-p', finalFolder, folder],
    ],
    TIMEOUT_MS,
  );
  // 1: some modules aren't for this version of Python, which packages have for others.
  if (code > 1) throw hostError(`Python can't compile ${folder} (${code}): ${stderr.trim()}`);
}
