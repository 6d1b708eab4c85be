import type { ReleaseManifest } from '../release/release-manifest.ts';
import { damaged } from '../deploy-error.ts';
import { bootstrapScript } from './bootstrap-script.ts';

/**
 * Returns the program and the arguments that run the agent of a release on a host, as root.
 *
 * @param release Manifest of the release.
 * @param archive Path of the release's archive on the host; it may be missing when the host has the parts of Node and of the agent.
 * @param args Arguments of the agent: `prepare <digest> --archive <path> [--trusted-keys <file>]`, `plan <digest>`,
 * `check <digest>`, `activate <digest>`, `rollback [<digest>]` or `status`.
 * @throws DeployError `ERR_DEPLOY_RELEASE_DAMAGED` when the release has no Node or no agent.
 *
 * @example
 * ```ts
 * import { agentCommand, type ReleasePart } from '@fairlead/deploy';
 *
 * const part = { bytes: 0, compressedBytes: 0, files: [] };
 * const parts: ReleasePart[] = [
 *   { role: 'node', sha256: '1f3a', ...part },
 *   { role: 'agent', sha256: '9c0d', ...part },
 * ];
 * const command = agentCommand({ parts }, '/var/tmp/release.tar', ['status']);
 * console.log(command.slice(-4).join(' ')); // /var/tmp/release.tar 1f3a 9c0d status
 * ```
 */
export function agentCommand(
  { parts }: Pick<ReleaseManifest, 'parts'>,
  archive: string,
  args: readonly string[],
): readonly string[] {
  const digests = ['node', 'agent'].map((role) => {
    const found = parts.find((part) => part.role === role);
    if (found === undefined) throw damaged(`it has no part ${role}`);
    return found.sha256;
  });
  return ['sh', '-c', bootstrapScript, 'fairlead-agent', archive, ...digests, ...args];
}
