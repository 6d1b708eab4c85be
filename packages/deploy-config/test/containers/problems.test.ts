import { describe, expect, it } from 'vitest';

import {
  containerDeployment,
  defineDeployment,
  DeploymentError,
  renderContainers,
  type DeploymentInput,
} from '../../src/index.ts';
import { containerHost, containersInput } from '../support/sample-containers.ts';

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DeploymentError) return error.message;
    throw error;
  }
  return '';
}

const rendering = (containers: object, deployment: object = {}): string =>
  messageOf(() =>
    renderContainers(defineDeployment({ ...containerHost, ...deployment }), {
      ...containersInput,
      ...containers,
    }),
  );

const { images } = containersInput;

describe('settings of containers', () => {
  it.each<readonly [string, object, string]>([
    [
      'an image without digest',
      { images: { ...images, node: 'node:24' } },
      'containers.images.node is "node:24", which is not an image with its digest, such as "docker.io/library/node:24-bookworm-slim@sha256:…"; `fairlead render docker --pin` finds the digests',
    ],
    ['no image', { images: {} }, 'containers.images.node must be an image with its digest'],
    ['an unknown setting', { entri: 'a.ts' }, 'containers.entri: unknown. Did you mean `entry`?'],
    [
      'an entry outside of the project',
      { entry: '../a.ts' },
      'containers.entry is "../a.ts", which is not a path inside of the project',
    ],
    [
      'an entry that is no module',
      { entry: 'a.py' },
      'containers.entry is "a.py", which is no module: .ts or .js',
    ],
    [
      'a pattern in place of a file',
      { include: ['*'] },
      'containers.include.0 is "*", which is not a path inside of the project',
    ],
    [
      'an option of COPY in place of a file',
      { include: ['--chown=0'] },
      'containers.include.0 is "--chown=0"',
    ],
    ['root', { user: 0 }, 'containers.user must be at least 1: 0 is root'],
    [
      'a relative path in a container',
      { files: { 'keys.json': 'a' } },
      'has the path "keys.json", which must be absolute',
    ],
    [
      'a file that no container reads',
      { files: { '/etc/fairlead/key.json': 'a' } },
      'containers.files has /etc/fairlead/key.json, which no container reads as a file. Known are /etc/fairlead/gateway.secrets, /etc/fairlead/keys.json',
    ],
    [
      'too little memory',
      { nginxMemoryBytes: 1000 },
      'containers.nginxMemoryBytes must be at least 16 MiB',
    ],
    [
      'no Python application',
      { python: undefined },
      'containers.python is not set, but the deployment has flask. Give { requirements: "requirements.lock", source: "src" }',
    ],
    [
      'no folder of models',
      { folders: {} },
      'containers.folders lacks /var/lib/fairlead-flask/models',
    ],
    [
      'Redis without image',
      { images: { ...images, redis: undefined } },
      'containers.images.redis is not set, but containers.redis is',
    ],
    [
      'limits above the memory of the host',
      { redis: { memoryBytes: 8 * 1024 ** 3 } },
      'but host.memoryBytes is 8589934592. Lower flask.workers',
    ],
  ])('%s is a problem with its fix', (_name, containers, message) => {
    expect(rendering(containers)).toContain(message);
    expect(rendering(containers)).toContain('[ERR_DEPLOYMENT_CONTAINERS]');
  });

  it('two addresses of Redis are a problem', () => {
    const environment = { ...containerHost.gateway.environment, FAIRLEAD_REDIS_URL: 'redis://r:1' };
    const gateway = { ...containerHost.gateway, environment };
    expect(rendering({}, { gateway })).toContain(
      'containers.redis and gateway.environment.FAIRLEAD_REDIS_URL ("redis://r:1") are both set. Remove one',
    );
  });
});

describe('containerDeployment', () => {
  const nginx = (change: object): string =>
    messageOf(() =>
      containerDeployment(
        defineDeployment({
          ...containerHost,
          grpc: undefined,
          nginx: { ...containerHost.nginx, ...change },
        } as unknown as DeploymentInput),
      ),
    );

  it('reports what containers do not reach', () => {
    expect(nginx({ listen: { scheme: 'http', address: 'unix:/run/nginx.sock' } })).toContain(
      'nginx.listen.address is unix:/run/nginx.sock, but a container publishes ports only',
    );
    const upstreams = { reports: { servers: ['127.0.0.1:9000'] } };
    const routes = [{ path: '/', upstream: 'reports' }];
    expect(nginx({ upstreams, routes })).toContain(
      'nginx.upstreams.reports.servers has 127.0.0.1:9000, which is inside of the container of Nginx',
    );
    const listen = { scheme: 'https', names: ['a.example.com'], acme: { email: 'a@example.com' } };
    expect(nginx({ listen })).toContain('nginx.listen.acme needs a timer of systemd');
  });

  it('changes nothing but paths, addresses and the account of Nginx', () => {
    const deployment = defineDeployment(containerHost);
    const inside = containerDeployment(deployment);
    expect(inside.timeouts).toBe(deployment.timeouts);
    expect(inside.keepAlive).toBe(deployment.keepAlive);
    expect(inside.gateway).toEqual({
      ...deployment.gateway,
      listen: { kind: 'unix', path: '/run/fairlead/gateway/gateway.sock' },
    });
    expect(inside.nginx.upstreams.gateway?.servers).toEqual([inside.gateway.listen]);
    expect(inside.nginx.perAddress).toEqual(deployment.nginx.perAddress);
    expect(containerDeployment(inside)).toEqual(inside);
  });
});
