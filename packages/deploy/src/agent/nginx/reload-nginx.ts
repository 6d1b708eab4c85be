import { setTimeout as sleep } from 'node:timers/promises';

import { runProgram, type ProgramResult } from '../run-program.ts';
import { fingerprintOfDisk, forgetLoaded, isLoaded, recordLoaded } from './loaded-configuration.ts';
import { nginxWorkers } from './nginx-workers.ts';

const POLL_MS = 50;
/** Time for the workers of the former configuration to stop accepting. */
const TIMEOUT_MS = 20_000;
/** Exit code for a configuration that Nginx refused, although it passed the test: a port is taken, for instance. */
const REFUSED = 1;

/**
 * Reloads Nginx, or starts it, and waits until its former workers accept nothing more: at that moment they close their idle
 * connections, and a balancer that sent a request over one of those would fail it. Does nothing when Nginx works with what is on the disk already.
 *
 * @param path configuration of Nginx
 */
export async function reloadNginx(path: string): Promise<ProgramResult> {
  const fingerprint = await fingerprintOfDisk(path);
  if (fingerprint !== undefined && (await isLoaded(fingerprint))) {
    return { code: 0, stdout: '', stderr: '' };
  }
  await forgetLoaded();
  const former = await nginxWorkers();
  const result = await runProgram('systemctl', ['reload-or-restart', 'nginx.service']);
  if (result.code !== 0) return result;
  const deadline = performance.now() + TIMEOUT_MS;
  while (performance.now() < deadline) {
    const serving = await nginxWorkers();
    if (serving.length > 0 && !former.some((pid) => serving.includes(pid))) {
      if (fingerprint !== undefined) await recordLoaded(fingerprint);
      return result;
    }
    await sleep(POLL_MS);
  }
  // Its master refuses silently, and works on with the configuration before.
  const stderr = `after ${TIMEOUT_MS / 1_000} s it still has the configuration before, and its error log says why: ${await endOfErrorLog()}`;
  return { ...result, code: REFUSED, stderr };
}

async function endOfErrorLog(): Promise<string> {
  const { stdout } = await runProgram('journalctl', [
    ...['--unit=nginx.service', '--lines=3', '--output=cat', '--quiet'],
  ]);
  const file = await runProgram('tail', ['-n', '3', '/var/log/nginx/error.log']);
  return `${file.stdout}${stdout}`.trim().slice(-1_000);
}
