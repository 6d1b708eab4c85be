import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { listenOnce } from '../serve/choose-port.ts';
import { type Finding, reasonOf } from './finding.ts';

/** Checks that a port of 127.0.0.1 is free. */
export async function checkPort(port: number, use: string): Promise<Finding> {
  const check = `port ${port}`;
  const problem = await listenOnce(port);
  if (problem === undefined) return { check, state: 'ok', found: `free, for ${use}` };
  const found = `cannot be listened on: ${reasonOf(problem)}`;
  return { check, state: 'warning', found, fix: `fairlead serve --port 0` };
}

/** Earliest time that a clock can show: this check was written then. */
const WRITTEN_AT = Date.UTC(2026, 0, 1);

/** Checks that the clock is plausible, and synchronized where systemd can report it. */
export async function checkClock(now: Date): Promise<Finding> {
  const check = 'clock';
  const fix = 'sudo timedatectl set-ntp true';
  const time = now.toISOString();
  if (now.getTime() < WRITTEN_AT) {
    const found = `${time} is in the past: keys, leases and signed requests to AWS fail`;
    return { check, state: 'problem', found, fix };
  }
  const args = ['show', '--property', 'NTPSynchronized', '--value'];
  const synchronized = await promisify(execFile)('timedatectl', args).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  if (synchronized === 'no') {
    return { check, state: 'warning', found: `${time}, not synchronized by NTP`, fix };
  }
  const how = synchronized === 'yes' ? ', synchronized by NTP' : '';
  return { check, state: 'ok', found: time + how };
}
