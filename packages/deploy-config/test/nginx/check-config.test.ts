import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { freePort, temporaryFolder } from '@fairlead/test-support';
import {
  defineDeployment,
  folderLayout,
  nginxCommand,
  renderNginx,
  requiredFolders,
  type Deployment,
} from '../../src/index.ts';
import { startProgram, untilListening } from '../support/child-program.ts';
import { send } from '../support/http-answer.ts';
import { program } from '../support/program.ts';
import { folderInput, hostInput } from '../support/sample-deployment.ts';
import { selfSignedCertificate } from '../support/self-signed-certificate.ts';
import { writeFiles } from '../support/write-files.ts';

interface CheckOptions {
  readonly deployment: Deployment;
  /** Account that owns the folders and runs Nginx. */
  readonly uid?: number;
}

/** Output of `nginx -t` for a deployment. */
function check({ deployment, uid }: CheckOptions) {
  for (const folder of requiredFolders(deployment)) {
    mkdirSync(folder, { recursive: true });
    if (uid !== undefined) chownSync(folder, uid, uid);
  }
  writeFiles([renderNginx(deployment)]);
  const [file, ...args] = nginxCommand(deployment, program('nginx'));
  const { status, stderr } = spawnSync(file, ['-t', ...args], {
    encoding: 'utf8',
    ...(uid !== undefined && { uid, gid: uid }),
  });
  return { status, lines: stderr.trim().split('\n') };
}

function fine({ layout: { nginxConfigFile } }: Deployment) {
  return {
    status: 0,
    lines: [
      `nginx: the configuration file ${nginxConfigFile} syntax is ok`,
      `nginx: configuration file ${nginxConfigFile} test is successful`,
    ],
  };
}

const isRoot = process.getuid?.() === 0;

describe('nginx -t', () => {
  it('accepts the configuration of a host, moved to a folder and to free ports', async () => {
    const root = temporaryFolder();
    const { certificateFile, certificateKeyFile } = selfSignedCertificate(root, 'example.com');
    const { listen, trustedProxies } = hostInput.nginx;
    const deployment = defineDeployment({
      ...hostInput,
      layout: { ...folderLayout(root), supervisor: 'systemd' },
      nginx: {
        trustedProxies,
        listen: {
          ...listen,
          certificateFile,
          certificateKeyFile,
          host: '127.0.0.1',
          port: await freePort(),
          redirectPort: await freePort(),
        },
      },
    });
    const { status, lines } = check({ deployment });
    // Without root, Nginx warns that it can't switch to another account.
    const rest = lines.filter((line) => isRoot || !line.includes('"user" directive'));
    expect({ status, lines: rest }).toEqual(fine(deployment));
  });

  it('accepts a folder with a difficult name', async () => {
    const input = folderInput(join(temporaryFolder(), 'größe "1" {%}; #\\'));
    const address = `127.0.0.1:${await freePort()}` as const;
    const deployment = defineDeployment({
      ...input,
      nginx: { ...input.nginx, listen: { scheme: 'http', address } },
    });
    expect(check({ deployment })).toEqual(fine(deployment));
  });

  it.runIf(isRoot)(
    'accepts the configuration for an account without rights, and runs for it',
    async () => {
      const uid = 65_534;
      const folder = temporaryFolder();
      chownSync(folder, uid, uid);
      const port = await freePort();
      const deployment = defineDeployment({
        ...folderInput(folder),
        nginx: { listen: { scheme: 'http', address: `127.0.0.1:${port}` } },
      });
      expect(check({ deployment, uid })).toEqual(fine(deployment));
      const nginx = startProgram(nginxCommand(deployment, program('nginx')), { uid, gid: uid });
      await untilListening(nginx, { host: '127.0.0.1', port });
      expect((await send({ host: '127.0.0.1', port })).status).toBe(502);
      expect(await nginx.stop('SIGQUIT')).toBe(0);
      expect(nginx.output()).toBe('');
    },
  );
});
