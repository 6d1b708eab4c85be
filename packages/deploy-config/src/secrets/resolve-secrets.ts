import type { AbsolutePath } from '../values/absolute-path.ts';
import type { Secret, SecretSource } from './secret.ts';

/** Secret that matches the schema, before defaults. */
interface ParsedSecret {
  readonly name: string;
  readonly from: SecretSource;
  readonly path: AbsolutePath;
  readonly variable?: string | undefined;
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
}

/** Fills in modes and owners: the keys file is read by the gateway, the other files by root before a service starts. */
export function resolveSecrets(
  given: readonly ParsedSecret[],
  keysFile: string | undefined,
  gatewayGroup: string | undefined,
): readonly Secret[] {
  return given.map(({ name, from, path, variable, mode, owner }) => {
    const isKeysFile = path === keysFile && gatewayGroup !== undefined;
    return {
      ...{ name, from, path, variable },
      mode: (mode ?? (isKeysFile ? '0640' : '0600')).padStart(4, '0'),
      owner: owner ?? (isKeysFile ? `root:${gatewayGroup}` : 'root:root'),
    };
  });
}
