import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { describeValue } from '@fairlead/signature';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import type { Carrier } from './carrier.ts';
import { createControlFolder } from './control-folder.ts';
import { quoted } from './quoted.ts';
import { runChild } from './run-child.ts';

/** Options of {@link sshCarrier}. */
export interface SshCarrierOptions {
  /** `ssh://user@host:port`, or a host of the configuration file; user and port may be left out. */
  readonly url: string;
  /** File with the host's key, in the format of `known_hosts`. @defaultValue those of the user and the system */
  readonly knownHostsFile?: string | undefined;
  /** Private key of the account. @defaultValue the agent's keys, and those of the user */
  readonly identityFile?: string | undefined;
  /** Configuration file of `ssh`. @defaultValue those of the user and the system */
  readonly configFile?: string | undefined;
  /** Time to connect, in milliseconds; whole seconds. @defaultValue `10_000` */
  readonly connectTimeoutMs?: number;
}

/**
 * Returns the way to a host by the `ssh` of the system, over one connection. A host whose key isn't known is refused,
 * and ssh is never interactive. An account other than root needs `sudo` without a password.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { sshCarrier } from '@fairlead/deploy/ssh';
 *
 * const carrier = await sshCarrier({ url: 'ssh://admin@127.0.0.1:1' });
 * const { code } = await carrier.run(['true']);
 * await carrier.close();
 * console.log(code); // 255
 * ```
 */
export async function sshCarrier(options: SshCarrierOptions): Promise<Carrier> {
  checkOptions('sshCarrier', options, {
    url: 'required',
    knownHostsFile: 'optional',
    identityFile: 'optional',
    configFile: 'optional',
    connectTimeoutMs: 'optional',
  });
  const { url, knownHostsFile, identityFile, configFile, connectTimeoutMs = 10_000 } = options;
  checkText('url', 'such as ssh://admin@10.0.0.1', url);
  const { destination, isRoot } = parseUrl(url);
  const folder = await createControlFolder();
  const settings = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    ControlMaster: 'auto',
    ControlPath: join(folder, 'control'),
    ControlPersist: '600',
    ConnectTimeout: String(Math.max(1, Math.round(connectTimeoutMs / 1_000))),
    ServerAliveInterval: '15',
    ...(knownHostsFile !== undefined && { UserKnownHostsFile: knownHostsFile }),
    ...(identityFile !== undefined && { IdentityFile: identityFile, IdentitiesOnly: 'yes' }),
  };
  const ssh: readonly [string, ...string[]] = [
    'ssh',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
  return {
    host: url,
    run(argv, runOptions) {
      // One string, which the shell of the account interprets.
      const words = isRoot ? argv : ['sudo', '-n', '--', ...argv];
      const command = words.map(quoted).join(' ');
      return runChild([...ssh, '--', destination, command], runOptions, true);
    },
    async close() {
      await runChild([...ssh, '-O', 'exit', '--', destination]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function parseUrl(url: string): { readonly destination: string; readonly isRoot: boolean } {
  const match = /^(?:ssh:\/\/)?(?:([\w.-]+)@)?(\[[\da-fA-F:]+\]|[\w.-]+)(?::(\d{1,5}))?\/?$/.exec(
    url,
  );
  const [, user, host = ''] = match ?? [];
  if (match === null || host.startsWith('-') || user?.startsWith('-') === true) {
    throw invalidOption(
      `Option url is ${describeValue(url)}: expected such as ssh://admin@10.0.0.1.`,
    );
  }
  return { destination: url.startsWith('ssh://') ? url : `ssh://${url}`, isRoot: user === 'root' };
}
