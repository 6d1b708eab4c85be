import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { installCommand } from './support/bin.ts';
import { hostProject } from './support/host-project.ts';
import { simulateHosts } from './support/simulated-hosts.ts';
import { smallNode } from './support/small-node.ts';

const page = readFileSync(new URL('../../../docs/ci.md', import.meta.url), 'utf8');

/** Returns the blocks of a language. */
function blocksOf(language: string): readonly string[] {
  const blocks = page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'));
  return Array.from(blocks, ([, block = '']) => block);
}

test('the commands of docs/ci.md promote a release with the environments of the page', async () => {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization);
    void text(request).then(() => response.end('{"outputs":[1]}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const folder = hostProject({ environment: "hosts: ['local']" });
  const hosts = simulateHosts(join(folder, 'hosts'));
  const config = join(folder, 'fairlead.config.ts');
  const [deployment = ''] = readFileSync(config, 'utf8').split('export const environments');
  const [environments = ''] = blocksOf('ts');
  writeFileSync(
    config,
    deployment +
      environments
        .replace(/^import .*\n/, '')
        .replace('ssh://admin@', 'ssh://root@')
        .replaceAll('ssm://i-0123456789abcdef', 'ssh://root@h')
        .replaceAll(
          /https:\/\/[\w.]+/g,
          `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        )
        .replace('s3://acme-deploy/releases', 'store'),
  );
  // The pause after an update is the only change of the commands.
  const script = blocksOf('sh')
    .join('')
    .replaceAll(/^(fairlead deploy .*)$/gm, '$1 --watch 0s');
  const { stdout } = await promisify(execFile)('bash', ['-exo', 'pipefail', '-c', script], {
    cwd: folder,
    env: {
      PATH: `${installCommand(folder)}:${hosts.path}`,
      HOME: process.env.HOME,
      XDG_CACHE_HOME: smallNode(join(folder, 'cache')),
      FAIRLEAD_API_KEY: 'fl_key',
      FAIRLEAD_ACTOR: 'ada',
    },
  });
  const release = hosts.current('h0') ?? '';
  expect(['h1', 'h2', 'dev.example.com'].map((host) => hosts.current(host))).toEqual(
    Array(3).fill(release),
  );
  expect(readdirSync(join(folder, 'dev-releases'))).toContain('audit');
  expect(stdout).toMatch(/^Plan: 2 hosts to update, \d+ configuration files, 0 hand edits\.$/m);
  expect(stdout).toContain(`Release ${release.slice(0, 12)} passed in production.\n`);
  expect(stdout).toMatch(/^\S+Z +ada +deploy +[0-9a-f]{12} +activated +ticket 7$/m);
  expect(stdout).toMatch(/^\S+Z +ada +check +[0-9a-f]{12} +passed$/m);
  expect(new Set(keys)).toEqual(new Set(['Bearer fl_key']));
});
