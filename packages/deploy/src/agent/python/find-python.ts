import { hostError } from '../host-error.ts';
import { runProgram } from '../run-program.ts';

/** Prints the version, then ends with an error if Debian's package of `venv` is missing. */
const PROBE = 'import sys; print("%d.%d" % sys.version_info[:2]); import venv, ensurepip';

/**
 * Finds the Python of this host that has the version of a release's packages, and can create virtual environments.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` naming what is missing, and the command that installs it
 */
export async function findPython(version: string): Promise<string> {
  const others: string[] = [];
  for (const program of [`python${version}`, 'python3']) {
    const { code, stdout } = await runProgram(program, ['-I', '-c', PROBE]);
    const found = stdout.trim();
    if (found === '') continue;
    if (found !== version) {
      others.push(found);
      continue;
    }
    if (code === 0) return program;
    throw hostError(
      `Python ${version} can't create virtual environments. Run apt-get install python${version}-venv.`,
    );
  }
  const [other] = others;
  if (other === undefined) {
    throw hostError(
      `Python ${version} is not installed. Run apt-get install python${version}-venv.`,
    );
  }
  throw hostError(
    `This host has Python ${other}, but the packages of the release are for ${version}. Build the release with python.version "${other}", or run apt-get install python${version}-venv.`,
  );
}
