import { spawn } from 'node:child_process';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import type { ChosenEnvironment } from '../config/read-config.ts';
import { shortDigest } from './format-release.ts';

/** Release that a stack is deployed with. */
export interface StackRelease {
  /** Path of the archive on this machine. */
  readonly release: string;
  readonly digest: string;
}

/** Returns the command that deploys the stack of an environment; `undefined` if its hosts are updated in place. */
export function stackCommand({
  environment,
}: ChosenEnvironment): readonly [string, ...string[]] | undefined {
  return environment.stack?.command;
}

/**
 * Runs the command that deploys the stack of an environment, such as `npx cdk deploy`, with the release in its environment variables. Its
 * output is written to standard error. After Ctrl-C, which reaches it too, its end is waited for.
 *
 * @throws CliError `ERR_CLI_CHECK_FAILED` when it fails, `ERR_CLI_STOPPED` after Ctrl-C, `ERR_CLI_USAGE` when it can't be started
 */
export async function runStackCommand(
  { io }: CommandContext,
  chosen: ChosenEnvironment,
  { release, digest }: StackRelease,
): Promise<'activated'> {
  const [program, ...args] = stackCommand(chosen) ?? [''];
  const stop = io.stopSignal?.();
  const child = spawn(program, args, {
    cwd: chosen.resolvePath('.'),
    env: {
      ...io.env,
      FAIRLEAD_ENVIRONMENT: chosen.name,
      FAIRLEAD_RELEASE: release,
      FAIRLEAD_RELEASE_DIGEST: digest,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => io.stderr.write(data));
  }
  const failure = await new Promise<string | undefined>((resolve, reject) => {
    child.once('error', (cause) => {
      const problem = `stack.command of "${chosen.name}" can't be started: ${cause.message}`;
      reject(new CliError('ERR_CLI_USAGE', problem, { cause }));
    });
    child.once('close', (code, signal) => {
      resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${String(code)}`}`);
    });
  });
  if (failure === undefined) return 'activated';
  const { name } = chosen.environment.stack ?? {};
  if (stop?.aborted === true) {
    throw new CliError(
      'ERR_CLI_STOPPED',
      `stopped: CloudFormation goes on with the stack ${name ?? ''}, or returns it to the release before: see aws cloudformation describe-stacks --stack-name ${name ?? ''}`,
    );
  }
  throw new CliError(
    'ERR_CLI_CHECK_FAILED',
    `${program} ${failure}, so that release ${shortDigest(digest)} isn't deployed to ${chosen.name}: CloudFormation returns a stack whose update fails to the release before`,
  );
}
