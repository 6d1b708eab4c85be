import { basename } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  defineDeployment,
  renderDeployment,
  renderNginx,
  type DeploymentInput,
} from '../src/index.ts';
import { folderInput, hostInput } from './support/sample-deployment.ts';

/** A person's own machine, spelled out so that the files are the same wherever the tests run. */
const laptop: DeploymentInput = {
  ...folderInput('/home/ada/fairlead/.fairlead'),
  nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
};

/** Behind a load balancer that ends TLS, on newer programs, without a Python service. */
const behindBalancer: DeploymentInput = {
  target: { nginx: '1.28.0', openssl: '3.5.1', systemd: '257' },
  host: { cores: 8, memoryBytes: 16 * 1024 ** 3 },
  layout: hostInput.layout,
  timeouts: { requestMs: 2_500 },
  maxBodyBytes: 1024 ** 2,
  nginx: {
    listen: { scheme: 'http', address: '0.0.0.0:8080' },
    trustedProxies: ['10.0.0.0/16'],
    publicScheme: 'https',
    perAddress: false,
    accessLog: false,
  },
  gateway: { ...hostInput.gateway, listen: '127.0.0.1:3000' },
  grpc: { address: '0.0.0.0:8081' },
};

/** TLS, whose port gRPC shares. */
const host: DeploymentInput = { ...hostInput, grpc: {} };

const scenes = { host, laptop, 'behind-balancer': behindBalancer };

describe('renderDeployment', () => {
  for (const [scene, input] of Object.entries<DeploymentInput>(scenes)) {
    const files = renderDeployment(defineDeployment(input));

    it.each(files.map((file) => ({ ...file, name: basename(file.path) })))(
      `renders $path of ${scene} as its golden file has it`,
      async ({ path, content }) => {
        await expect(content).toMatchFileSnapshot(`golden/${scene}${path}`);
      },
    );

    it(`renders exactly the files of ${scene}`, async () => {
      const list = files.map(({ path, mode, owner, role }) =>
        [path, mode.toString(8), owner ?? '-', role].join(' '),
      );
      await expect(`${list.join('\n')}\n`).toMatchFileSnapshot(`golden/${scene}/files.txt`);
    });
  }

  it('renders the same bytes for the same deployment', () => {
    const first = renderDeployment(defineDeployment(hostInput));
    expect(renderDeployment(defineDeployment(structuredClone(hostInput)))).toEqual(first);
  });

  it('uses the features of the target versions', () => {
    const contentFor = (nginx: string, openssl: string) =>
      renderNginx(defineDeployment({ ...hostInput, target: { nginx, openssl } })).content;
    const old = contentFor('1.25.0', '3.4.9');
    expect(old).toContain('listen 0.0.0.0:443 ssl http2;');
    expect(old).not.toContain('http2 on;');
    expect(old).not.toContain('MLKEM');
    const current = contentFor('1.25.1', '3.5.0');
    expect(current).toContain('listen 0.0.0.0:443 ssl;');
    expect(current).toContain('http2 on;');
    expect(current).toContain('ssl_ecdh_curve X25519MLKEM768:X25519:');
  });
});
