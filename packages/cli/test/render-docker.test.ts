import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readTree } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { run, runJson } from './support/fairlead.ts';
import { hostDeployment } from './support/host-deployment.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

// The command imports this library lazily, so lint forbids a static import of it elsewhere.
const { defineDeployment, renderContainers } = await import('@fairlead/deploy-config');

const digest = `sha256:${'c0'.repeat(32)}`;
const images = { node: `node:24@${digest}`, nginx: `nginx:1.28@${digest}` };
const deployment = {
  ...hostDeployment,
  gateway: {
    ...hostDeployment.gateway,
    environment: {
      FAIRLEAD_REGISTRY: '/var/lib/fairlead/registry',
      FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json',
    },
  },
};
const production = {
  hosts: ['ssh://admin@203.0.113.10'],
  release: { entry: 'service.ts' },
  files: {
    '/etc/fairlead/keys.json': 'production/keys.json',
    '/etc/fairlead/check.key': 'production/key',
  },
  registry: { folder: 'registry' },
};

function place(exports: Readonly<Record<string, unknown>>): { readonly folder: string } {
  const folder = temporaryFolder();
  const lines = Object.entries(exports).map(
    ([name, value]) => `export const ${name}: unknown = ${JSON.stringify(value)};\n`,
  );
  writeFileSync(join(folder, 'fairlead.config.ts'), lines.join(''));
  return { folder };
}

const args = ['render', 'docker', 'fairlead.config.ts'];

test('the files follow from deployment and environment, and are those of the library', async () => {
  const there = place({ deployment, environments: { production }, containers: { images } });
  const files = renderContainers(defineDeployment(deployment), {
    ...{ images, entry: 'service.ts', folder: 'docker' },
    files: { '/etc/fairlead/keys.json': 'production/keys.json' },
    folders: { '/var/lib/fairlead/registry': 'registry' },
  });
  const report = await runJson(there, ...args);
  expect(report).toMatchObject({ dryRun: false, written: files.length, images });
  for (const { path, content } of files) {
    expect(readFileSync(join(there.folder, 'docker', path), 'utf8')).toBe(content);
  }
  expect(await runJson(there, ...args)).toMatchObject({ written: 0 });
  expect((await run(there, ...args, '--check')).exitCode).toBe(0);
  writeFileSync(join(there.folder, 'docker/compose.yaml'), 'changed by hand');
  const changed = await run(there, ...args, '--check');
  expect(changed.exitCode).toBe(1);
  expect(changed.stderr).toContain('1 file below docker is different from fairlead.config.ts');
});

test('containers without environment name all that they need; another folder is inside of the project', async () => {
  const there = place({ deployment, containers: { images, entry: 'main.js' } });
  expect((await run(there, ...args, '--out', 'deploy/images')).exitCode).toBe(0);
  const dockerfile = readFileSync(join(there.folder, 'deploy/images/gateway.Dockerfile'), 'utf8');
  expect(dockerfile).toContain('COPY ["deploy/images/health.mjs", "/opt/fairlead/health.mjs"]');
  const compose = readFileSync(join(there.folder, 'deploy/images/compose.yaml'), 'utf8');
  expect(compose).toContain('context: "../.."');
  for (const out of ['..', '.']) {
    const outside = await run(there, ...args, '--out', out);
    expect(outside.exitCode).toBe(2);
    expect(outside.stderr).toContain(
      `--out is ${out}, but the files have to be in a folder inside of that of fairlead.config.ts`,
    );
  }
});

test('an environment is chosen by its name', async () => {
  const staging = { ...production, release: { entry: 'staging.ts' } };
  const there = place({
    deployment,
    environments: { production, staging },
    containers: { images },
  });
  const several = await run(there, ...args);
  expect(several.exitCode).toBe(2);
  expect(several.stderr).toContain('name one of production, staging');
  expect((await run(there, ...args, '--environment', 'staging')).exitCode).toBe(0);
  const dockerfile = readFileSync(join(there.folder, 'docker/gateway.Dockerfile'), 'utf8');
  expect(dockerfile).toContain('"/app/staging.ts"]');
});

test('a dry run writes nothing, and every problem names its fix', async () => {
  const there = place({ deployment, containers: { images, entry: 'main.js' } });
  const before = readTree(there.folder);
  expect((await run(there, ...args, '--dry-run')).stdout).toContain('Dry run');
  expect(readTree(there.folder)).toEqual(before);
  const without = await run(place({ deployment, containers: { entry: 'main.js' } }), ...args);
  expect(without.exitCode).toBe(2);
  expect(without.stderr).toContain(
    'there is no digest of node, nginx: run fairlead render docker with --pin',
  );
  const wrong = await run(place({ deployment, containers: { images, entry: 'a.py' } }), ...args);
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('containers.entry is "a.py", which is no module');
  const text = await run(place({ deployment, containers: 'all' }), ...args);
  expect(text.stderr).toContain('its export "containers" is no object');
  const none = await run(place({ containers: {} }), ...args);
  expect(none.stderr).toContain('it has no export "deployment"');
});

test('--pin stores the digests of the registries, which the next call uses without them', async () => {
  const registry = createServer((request, response) => {
    const isNode = request.url === '/v2/library/node/manifests/24-bookworm-slim';
    const found = isNode ? digest : digest.replaceAll('c0', 'd1');
    response.writeHead(200, { 'docker-content-digest': found }).end();
  });
  await once(registry.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    registry.close();
  });
  const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
  const there = place({ deployment, containers: { entry: 'main.js' } });
  const path = join(there.folder, 'docker/images.json');
  const tags = {
    node: `${host}/library/node:24-bookworm-slim@sha256:${'00'.repeat(32)}`,
    nginx: `${host}/library/nginx:1.28`,
  };
  mkdirSync(join(there.folder, 'docker'));
  writeFileSync(path, JSON.stringify(tags));
  expect((await run(there, ...args, '--pin', '--dry-run')).exitCode).toBe(0);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(tags);
  expect((await run(there, ...args, '--pin')).exitCode).toBe(0);
  const pinned = {
    node: `${host}/library/node:24-bookworm-slim@${digest}`,
    nginx: `${host}/library/nginx:1.28@${digest.replaceAll('c0', 'd1')}`,
  };
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(pinned);
  registry.close();
  expect(await runJson(there, ...args)).toMatchObject({ written: 0, images: pinned });
  expect(existsSync(join(there.folder, 'docker/nginx.Dockerfile'))).toBe(true);
});
