import { errorCodeOf } from '../../exit-code.ts';
import { listenOnce } from '../serve/choose-port.ts';
import { type Finding, reasonOf } from './finding.ts';
import { runProgram } from './run-program.ts';

/** Checks that a port of 127.0.0.1 is free. */
export async function checkPort(port: number, use: string, fix: string): Promise<Finding> {
  const check = `port ${port}`;
  const problem = await listenOnce(port);
  if (problem === undefined) return { check, state: 'ok', found: `free, for ${use}` };
  const found =
    errorCodeOf(problem) === 'EADDRINUSE'
      ? 'another process listens on it'
      : `can't be listened on: ${reasonOf(problem)}`;
  return { check, state: 'warning', found, fix };
}

/** Earliest and latest time that is plausible: this check was written then, and a certificate is valid for less. */
const [MIN_TIME, MAX_TIME] = [Date.UTC(2026, 0, 1), Date.UTC(2050, 0, 1)];

/** Checks that the clock is plausible, and synchronized where systemd can report it. */
export async function checkClock(now: Date, path = ''): Promise<Finding> {
  const check = 'clock';
  const fix = 'sudo timedatectl set-ntp true';
  const time = Number.isNaN(now.getTime()) ? 'an invalid time' : now.toISOString();
  if (!(now.getTime() >= MIN_TIME && now.getTime() < MAX_TIME)) {
    const found = `${time} can't be the time: keys, certificates, leases and signed requests to AWS fail`;
    return { check, state: 'problem', found, fix };
  }
  const args = ['show', '--property', 'NTPSynchronized', '--value'];
  const { output, failure } = await runProgram('timedatectl', args, path);
  const synchronized = failure === undefined ? output.trim() : undefined;
  if (synchronized === 'no') {
    return { check, state: 'warning', found: `${time}, not synchronized by NTP`, fix };
  }
  const how = synchronized === 'yes' ? ', synchronized by NTP' : '';
  return { check, state: 'ok', found: time + how };
}
