import * as z from 'zod';

import { agentCommand } from '../agent/agent-command.ts';
import type { Carrier } from '../carriers/carrier.ts';
import { partialRelease } from '../release/partial-release.ts';
import type { ReleaseDocuments } from '../release/read-release.ts';
import { BUSY, runAgent } from './run-agent.ts';
import { describeFailure, hostProblem, runOnHost } from './run-on-host.ts';

/** Folder of archives on a host; each is removed after its parts were unpacked. */
const INCOMING = '/var/lib/fairlead-deploy/incoming';

const restoredState = z.object({
  location: z.string(),
  at: z.string(),
  files: z.array(z.string()),
  models: z.array(z.string()).optional(),
});

/** State of a host that was restored from a backup. */
export interface RestoredState {
  /** Place of the backup. */
  readonly location: string;
  /** Time of the backup in ISO 8601. */
  readonly at: string;
  /** Paths of the restored files. */
  readonly files: readonly string[];
  /** Models of the restored registry; `undefined` if the backup has none. */
  readonly models?: readonly string[] | undefined;
}

/** Schema of the result of an agent. */
export const agentResult = z.object({
  outcome: z.enum(['prepared', 'activated', 'unchanged', 'reverted', 'failed', 'healthy']),
  digest: z.string().optional(),
  message: z.string().optional(),
  log: z.array(z.string()).optional(),
  restored: restoredState.optional(),
});

/** Result of an agent. */
export type AgentResult = z.output<typeof agentResult>;

const line = z.union([
  z.object({ step: z.string() }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
  z.object({ result: agentResult }),
]);

/** A release on this machine. */
export interface LocalRelease {
  readonly path: string;
  readonly documents: ReleaseDocuments;
}

/** Path of a release's archive on a host. */
function archivePath({ documents }: LocalRelease): string {
  return `${INCOMING}/${documents.digest}.tar`;
}

/**
 * Finds the parts of a release that a host lacks.
 *
 * @throws DeployError `ERR_DEPLOY_HOST`
 */
export async function findMissingParts(
  carrier: Carrier,
  { documents }: LocalRelease,
): Promise<readonly string[]> {
  const script = 'for part; do [ -e "/opt/fairlead/parts/$part/.complete" ] || echo "$part"; done';
  const digests = documents.manifest.parts.map(({ sha256 }) => sha256);
  const { stdout } = await runOnHost(carrier, ['sh', '-c', script, 'sh', ...digests]);
  return stdout.split('\n').filter((text) => text !== '');
}

/** Returns the bytes that sending some parts of a release takes. */
export function bytesOf({ documents }: LocalRelease, parts: readonly string[]): number {
  return documents.manifest.parts
    .filter(({ sha256 }) => parts.includes(sha256))
    .reduce((sum, { compressedBytes }) => sum + compressedBytes, 0);
}

/**
 * Sends the parts of a release that a host lacks, and prepares it beside the one that runs, which isn't touched.
 *
 * @returns bytes of the parts that were sent
 * @throws DeployError `ERR_DEPLOY_HOST`
 */
export async function prepareHost(
  carrier: Carrier,
  release: LocalRelease,
  onStep?: (step: string) => void,
  {
    args = [],
    onPrepared,
  }: {
    /** Further arguments of the agent. */
    readonly args?: readonly string[];
    readonly onPrepared?: (result: AgentResult) => void;
  } = {},
): Promise<number> {
  const { documents, path } = release;
  const missing = await findMissingParts(carrier, release);
  const archive = archivePath(release);
  onStep?.('send');
  const content = partialRelease(path, documents, new Set(missing));
  const receive = `umask 077; mkdir -p ${INCOMING} && cat >"$1.new" && mv "$1.new" "$1"`;
  await runOnHost(carrier, ['sh', '-c', receive, 'sh', archive], { stdin: content });
  const prepare = ['prepare', documents.digest, '--archive', archive, ...args];
  const result = await runReleaseAgent(carrier, release, prepare, onStep);
  onPrepared?.(result);
  await runOnHost(carrier, ['rm', '-f', archive]);
  return bytesOf(release, missing);
}

/**
 * Runs the agent of a release on a host.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when the host can't be reached, or with the message of the agent
 */
export async function runReleaseAgent(
  carrier: Carrier,
  release: LocalRelease,
  args: readonly string[],
  onStep?: (step: string) => void,
): Promise<AgentResult> {
  const [program = '', ...rest] = agentCommand(
    release.documents.manifest,
    archivePath(release),
    args,
  );
  let last: AgentResult | undefined;
  let problem: string | undefined;
  const result = await runAgent(carrier, [program, ...rest], {
    onLine: (text) => {
      const read = parse(text);
      if (read === undefined) return;
      if ('step' in read) onStep?.(read.step);
      else if ('result' in read) last = read.result;
      else problem = `${read.error.code}: ${read.error.message}`;
    },
  });
  if (last !== undefined) return last;
  const reason = result.code === BUSY ? 'another deployment works there' : undefined;
  throw hostProblem(carrier, problem ?? reason ?? describeFailure(result), result);
}

function parse(text: string): z.output<typeof line> | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
