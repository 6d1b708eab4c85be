import type { ReleaseManifest } from '../release/release-manifest.ts';
import { bootstrapScript } from './bootstrap-script.ts';

/**
 * Returns the command that runs the agent of a release on a host, as root.
 *
 * @param archive Path of the release's archive on the host; it may be missing when the host has the parts of Node and of the agent.
 */
export function agentCommand(
  { parts }: ReleaseManifest,
  archive: string,
  args: readonly string[],
): readonly string[] {
  const digests = ['node', 'agent'].map(
    (role) => parts.find((part) => part.role === role)?.sha256 ?? '',
  );
  return ['sh', '-c', bootstrapScript, 'fairlead-agent', archive, ...digests, ...args];
}
