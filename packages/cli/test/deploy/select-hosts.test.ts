// The command imports this library lazily, so lint forbids a static import of it elsewhere.
const { defineEnvironments } = await import('@fairlead/deploy-config');
import { expect, test } from 'vitest';
import { hostLabel, selectHosts } from '../../src/hosts/select-hosts.ts';

const urls = ['ssh://admin@10.0.0.1:2222', 'ssm://i-0123456789abcdef0', 'ssh://web-1', 'local'];
const { production } = defineEnvironments({
  production: {
    hosts: urls as [string, ...string[]],
    release: { entry: 'service.ts' },
    ssm: { bucket: 'acme-deploy' },
  },
});
const chosen = {
  ...{
    name: 'production',
    environment: production,
    deployment: {} as never,
    hosts: production.hosts as readonly { url: string }[],
    hostGroup: undefined,
  },
  resolvePath: (path: string) => path,
};

test.each([
  ['10.0.0.1', urls[0]],
  ['admin@10.0.0.1:2222', urls[0]],
  ['ssh://admin@10.0.0.1:2222', urls[0]],
  ['i-0123456789abcdef0', urls[1]],
  ['web-1', urls[2]],
  ['local', urls[3]],
])('%s names the host %s', (name, url) => {
  expect(selectHosts(chosen, [name])).toEqual([url]);
});

test('several names select hosts in the order of the configuration, and none selects all', () => {
  expect(selectHosts(chosen, ['local', '10.0.0.1'])).toEqual([urls[0], urls[3]]);
  expect(selectHosts(chosen, undefined)).toEqual(urls);
});

test('a name that no host has is an error that lists the hosts', () => {
  expect(() => selectHosts(chosen, ['10.0.0.2'])).toThrow(
    `has no host "10.0.0.2"; it has ${urls.map(hostLabel).join(', ')}`,
  );
});
