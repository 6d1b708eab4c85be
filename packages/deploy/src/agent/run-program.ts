import { execFile } from 'node:child_process';

/** Output of a program of the host. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Environment of programs: nothing of the caller's reaches them. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  SYSTEMD_COLORS: '0',
  SYSTEMD_PAGER: '',
  // No pip.conf of the host changes what is installed.
  PIP_CONFIG_FILE: '/dev/null',
};

/** Runs a program, and resolves to its output, also when it fails; the code is 127 when there is no such program. */
export function runProgram(
  program: string,
  args: readonly string[],
  timeoutMs = 120_000,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { env: ENVIRONMENT, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : exitCode(error);
        resolve({ code, stdout, stderr: stderr === '' && error ? error.message : stderr });
      },
    );
  });
}

function exitCode({ code }: { readonly code?: unknown }): number {
  if (typeof code === 'number') return code;
  return code === 'ENOENT' ? 127 : 137;
}
