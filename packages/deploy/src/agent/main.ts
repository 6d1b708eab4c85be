import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import type { DeployError } from '../deploy-error.ts';
import { activate, rollback, type Activation } from './activate.ts';
import { renewCertificate } from './certificate/renew-certificate.ts';
import { checkHealth, type Health } from './check-health.ts';
import { backUp } from './host-backup.ts';
import { hostError } from './host-error.ts';
import { hostPaths } from './host-paths.ts';
import { plan } from './plan.ts';
import { prepare } from './prepare.ts';
import { readStatus } from './status.ts';

// Runs on a host, as root: prepare <digest> --archive <path> [--trusted-keys <file>] [--restore [--restore-from <place>]
// [--restore-host <name>]], plan <digest>, check <digest>, activate <digest>, rollback [<digest>], status, backup, certificate. Writes JSON lines: `{ "step": … }` before each step, and `{ "result": … }` or `{ "error": … }` at the end.
const LOCKED = 'FAIRLEAD_DEPLOY_LOCKED';
const BUSY = '75';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    archive: { type: 'string' },
    'trusted-keys': { type: 'string' },
    restore: { type: 'boolean' },
    'restore-from': { type: 'string' },
    'restore-host': { type: 'string' },
  },
});
const [command = '', digest = ''] = positionals;

// An activation ends in order also when the process that started it was killed.
process.stdout.on('error', () => undefined);

function write(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** One agent at a time changes the host: the kernel frees the lock when the process ends, however that happens. */
function lock(): void {
  if (process.env[LOCKED] !== undefined) return;
  mkdirSync(hostPaths.state, { recursive: true, mode: 0o700 });
  const args = ['flock', '--no-fork', '--nonblock', '--conflict-exit-code', BUSY];
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  if (process.execve === undefined) throw hostError('The agent needs the Node of its release.');
  process.execve('/usr/bin/flock', [...args, `${hostPaths.state}/lock`, ...self], {
    ...process.env,
    [LOCKED]: '1',
  });
}

async function run(): Promise<unknown> {
  const onStep = (step: string): void => {
    write({ step });
  };
  if (command === 'status') return readStatus(hostPaths);
  // A deployment doesn't wait for these.
  if (command === 'backup') return backUp(hostPaths);
  if (command === 'certificate') return renewCertificate(hostPaths);
  if (command !== 'plan' && command !== 'check') lock();
  if (command === 'rollback' && digest === '') return report(await rollback(hostPaths, onStep));
  if (!/^[0-9a-f]{64}$/.test(digest)) {
    throw hostError(
      `"${command} ${digest}": expected prepare, plan, check or activate with a digest, or rollback, status, backup or certificate.`,
    );
  }
  if (command === 'plan') return { differences: await plan(hostPaths, digest) };
  if (command === 'check') return report(await checkHealth(hostPaths, digest));
  if (command === 'activate') return report(await activate(hostPaths, digest, onStep));
  if (command === 'rollback') return report(await rollback(hostPaths, onStep, digest));
  if (command !== 'prepare') throw hostError(`"${command}" is no command of the agent.`);
  const { archive = '', 'trusted-keys': file } = values;
  const trustedKeys = file === undefined ? undefined : splitKeys(await readFile(file, 'utf8'));
  const restoreFrom = values.restore
    ? { from: values['restore-from'], host: values['restore-host'] }
    : undefined;
  const options = { archive, digest, trustedKeys, restoreFrom, onStep };
  const { restored } = await prepare(hostPaths, options);
  return { outcome: 'prepared', digest, restored };
}

function splitKeys(text: string): readonly string[] {
  return text.match(/-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----/gs) ?? [];
}

/** Recognizes the errors of separate modules too, which have separate classes. */
function isDeployError(error: unknown): error is DeployError {
  return error instanceof Error && error.name === 'DeployError';
}

/** Result of a command that changes or checks a release. */
interface Report {
  readonly outcome: Activation['outcome'] | Health['outcome'];
  readonly error?: DeployError;
  readonly notices?: readonly string[];
}

function report({ error, notices, ...result }: Report): object {
  if (result.outcome === 'reverted' || result.outcome === 'failed') process.exitCode = 1;
  if (notices) {
    const message = `Secrets of this host stayed, because their sources can't be read: ${notices.join(' ')}`;
    return { ...result, message };
  }
  return { ...result, ...(error && { code: error.code, message: error.message }) };
}

try {
  write({ result: await run() });
} catch (error) {
  process.exitCode = 1;
  if (isDeployError(error)) write({ error: { code: error.code, message: error.message } });
  else
    write({
      error: {
        code: 'ERR_DEPLOY_HOST',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      },
    });
}
