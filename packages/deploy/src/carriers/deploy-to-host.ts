import { z } from 'zod';

import { agentCommand } from '../agent/agent-command.ts';
import { checkOptions, checkText } from '../check-options.ts';
import { DeployError } from '../deploy-error.ts';
import { partialRelease } from '../release/partial-release.ts';
import { readRelease, type ReleaseDocuments } from '../release/read-release.ts';
import type { Carrier, CarrierResult } from './carrier.ts';

/** Folder of archives on a host; each is removed after its parts were unpacked. */
const INCOMING = '/var/lib/fairlead-deploy/incoming';

/** Options of {@link deployToHost}. */
export interface DeployToHostOptions {
  /** Path of the release on this machine. */
  readonly release: string;
  /** Called before each step: `send`, and those of the agent. @defaultValue not called */
  readonly onStep?: ((step: string) => void) | undefined;
}

/** Result of a deployment on one host. */
export interface HostDeployment {
  /** `unchanged` when the release ran already; `reverted` when it failed its gate and the release before runs again. */
  readonly outcome: 'activated' | 'unchanged' | 'reverted' | 'failed';
  /** Release that runs now. */
  readonly digest?: string | undefined;
  /** Bytes of parts that were sent. */
  readonly sentBytes: number;
  /** Reason of a revert or a failure. */
  readonly message?: string | undefined;
  /** Last lines of the services' log, after a revert or a failure. */
  readonly log?: readonly string[] | undefined;
}

const line = z.union([
  z.object({ step: z.string() }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
  z.object({
    result: z.object({
      outcome: z.enum(['prepared', 'activated', 'unchanged', 'reverted', 'failed']),
      digest: z.string().optional(),
      message: z.string().optional(),
      log: z.array(z.string()).optional(),
    }),
  }),
]);
type Result = Extract<z.output<typeof line>, { result: unknown }>['result'];

/**
 * Sends a release to one host, only the parts that it lacks, and activates it there: the release before runs again if the new one fails
 * its gate.
 *
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED`, `ERR_DEPLOY_HOST` when the host can't be reached or isn't as the release needs it
 *
 * @example
 * ```ts
 * import { deployToHost } from '@fairlead/deploy';
 * import { localCarrier } from '@fairlead/deploy/local';
 *
 * const deploying = deployToHost(localCarrier(), { release: 'package.json' });
 * console.log(await deploying.catch((error) => error.code)); // ERR_DEPLOY_RELEASE_DAMAGED
 * ```
 */
export async function deployToHost(
  carrier: Carrier,
  options: DeployToHostOptions,
): Promise<HostDeployment> {
  checkOptions('deployToHost', options, { release: 'required', onStep: 'optional' });
  const { release, onStep } = options;
  checkText('release', 'the path of a release', release);
  const documents = await readRelease(release);
  const { digest, manifest } = documents;
  const missing = await findMissing(carrier, documents);
  const archive = `${INCOMING}/${digest}.tar`;
  onStep?.('send');
  const content = partialRelease(release, documents, new Set(missing));
  const receive = `umask 077; mkdir -p ${INCOMING} && cat >"$1.new" && mv "$1.new" "$1"`;
  must(carrier, await carrier.run(['sh', '-c', receive, 'sh', archive], { stdin: content }));
  const sentBytes = manifest.parts
    .filter(({ sha256 }) => missing.includes(sha256))
    .reduce((sum, { compressedBytes }) => sum + compressedBytes, 0);
  const agent = (args: readonly string[]) =>
    runAgent(carrier, agentCommand(manifest, archive, args), onStep);
  await agent(['prepare', digest, '--archive', archive]);
  must(carrier, await carrier.run(['rm', '-f', archive]));
  const { outcome, ...rest } = await agent(['activate', digest]);
  return { outcome: outcome === 'prepared' ? 'failed' : outcome, sentBytes, ...rest };
}

/** Asks the host for the parts that it lacks. */
async function findMissing(
  carrier: Carrier,
  { manifest }: ReleaseDocuments,
): Promise<readonly string[]> {
  const script = 'for part; do [ -e "/opt/fairlead/parts/$part/.complete" ] || echo "$part"; done';
  const digests = manifest.parts.map(({ sha256 }) => sha256);
  const result = await carrier.run(['sh', '-c', script, 'sh', ...digests]);
  must(carrier, result);
  return result.stdout.split('\n').filter((text) => text !== '');
}

async function runAgent(
  carrier: Carrier,
  [program = '', ...args]: readonly string[],
  onStep: ((step: string) => void) | undefined,
): Promise<Result> {
  let last: Result | undefined;
  let problem: string | undefined;
  const result = await carrier.run([program, ...args], {
    onLine: (text) => {
      const read = parse(text);
      if (read === undefined) return;
      if ('step' in read) onStep?.(read.step);
      else if ('result' in read) last = read.result;
      else problem = `${read.error.code}: ${read.error.message}`;
    },
  });
  if (last !== undefined) return last;
  const reason = result.code === 75 ? 'another deployment works there' : undefined;
  throw hostProblem(carrier, problem ?? reason ?? describe(result));
}

function parse(text: string): z.output<typeof line> | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function must(carrier: Carrier, result: CarrierResult): void {
  if (result.code !== 0) throw hostProblem(carrier, describe(result));
}

function describe({ code, stderr }: CarrierResult): string {
  return `exit code ${code}: ${stderr.trim().slice(-500)}`;
}

function hostProblem({ host }: Carrier, reason: string): DeployError {
  return new DeployError('ERR_DEPLOY_HOST', `The host ${host}: ${reason}`);
}
