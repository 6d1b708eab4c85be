import { setTimeout as sleep } from 'node:timers/promises';

import { runProgram, type ProgramResult } from '../run-program.ts';
import { fingerprintOfDisk, forgetLoaded, isLoaded, recordLoaded } from './loaded-configuration.ts';
import { nginxWorkers } from './nginx-workers.ts';

const POLL_MS = 50;
/** Time for the workers of the former configuration to stop accepting; after it, the deployment goes on. */
const TIMEOUT_MS = 10_000;

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
  const deadline = performance.now() + TIMEOUT_MS;
  while (result.code === 0 && performance.now() < deadline) {
    const serving = await nginxWorkers();
    if (!former.some((pid) => serving.includes(pid))) {
      if (fingerprint !== undefined) await recordLoaded(fingerprint);
      break;
    }
    await sleep(POLL_MS);
  }
  return result;
}
