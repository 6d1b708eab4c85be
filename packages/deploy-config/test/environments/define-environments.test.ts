import { describe, expect, expectTypeOf, it } from 'vitest';

import {
  balancerTarget,
  defineEnvironments,
  EnvironmentsError,
  type EnvironmentInput,
} from '../../src/index.ts';
import { environmentExpectation } from '../../src/environments/environment-expectations.ts';
import { environmentsSchema } from '../../src/environments/environments-schema.ts';
import { knownSettings } from '../../src/known-settings.ts';

const release = { entry: 'service.ts' };
const arn =
  'arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/shop/0123456789abcdef';

const complete: EnvironmentInput = {
  hosts: ['ssh://admin@10.0.0.1:2222', { url: 'ssm://i-0123456789abcdef0' }],
  release: {
    entry: 'src/main.ts',
    platform: 'linux-arm64',
    out: 'releases',
    nodeVersion: '24.21.0',
    external: ['onnxruntime-node'],
    conditions: ['production'],
    python: { requirements: 'requirements.lock', source: 'flask', version: '3.11' },
    checks: [{ path: '/v2/models/digits/infer', body: { inputs: [] }, expected: { outputs: [] } }],
    checkKeyFile: '/etc/fairlead/check.key',
    readyTimeoutMs: 30_000,
    signingKeyFile: 'release.private.pem',
  },
  ssh: { knownHostsFile: 'hosts', identityFile: 'key', configFile: 'config', connectTimeoutMs: 1 },
  ssm: { bucket: 'acme-deploy', prefix: 'deploy', region: 'eu-central-1' },
  trustedKeysFile: 'release.public.pem',
  balancer: { kind: 'target-group', arn },
  batch: '25%',
  files: { '/etc/fairlead/keys.json': 'production/keys.json' },
  registry: { folder: 'registry', path: '/var/lib/fairlead/registry' },
  protected: true,
  releaseStore: 's3://acme-releases/shop',
  url: 'https://models.example.com',
  stack: {
    name: 'Shop',
    template: 'cdk.out/Shop.template.json',
    region: 'eu-central-1',
    releaseParameter: '/shop/prod/release',
  },
};

function problemsOf(input: unknown): readonly string[] {
  try {
    defineEnvironments(input as never);
  } catch (error) {
    if (error instanceof EnvironmentsError) return error.problems.map(({ message }) => message);
    throw error;
  }
  return [];
}

describe('defineEnvironments', () => {
  it('returns hosts as objects, names typed, and a result that is valid input', () => {
    const environments = defineEnvironments({ staging: complete, production: complete });
    expectTypeOf(environments).toHaveProperty('staging');
    expect(environments.production).toEqual({
      ...complete,
      hosts: [{ url: 'ssh://admin@10.0.0.1:2222' }, { url: 'ssm://i-0123456789abcdef0' }],
    });
    expect(defineEnvironments(environments)).toEqual(environments);
  });

  it('reports all problems of all environments in one error, each with the value and the fix', () => {
    const problems = problemsOf({
      production: { hosts: ['10.0.0.1', 'local'], release: { entry: 7, plattform: 'x' }, batch: 0 },
      staging: { hosts: [], release },
    });
    expect(problems).toEqual([
      'production.hosts.0 is "10.0.0.1". Give "ssh://admin@10.0.0.1", "ssm://i-0123456789abcdef0" or "local".',
      'production.release.entry is 7. Give the path of the module that starts the application, .ts or .js.',
      'production.release.plattform: unknown. Did you mean `platform`? Known are entry, platform, out, nodeVersion, external, conditions, python, checks, checkKeyFile, readyTimeoutMs, signingKeyFile.',
      'production.batch is 0. Give a number of hosts from 1, or a share such as "25%".',
      'staging.hosts is an array. Give a list of hosts, such as ["ssh://admin@10.0.0.1"], or a group such as { autoScalingGroup: "shop" }.',
    ]);
  });

  it('takes an Auto Scaling group in place of hosts, and merges it with that of a base', () => {
    const base = {
      ...{ release, ssm: { bucket: 'acme-deploy' } },
      hosts: { autoScalingGroup: 'shop-staging', region: 'eu-central-1' },
    } as const;
    const environments = defineEnvironments(base, {
      staging: {},
      production: { hosts: { autoScalingGroup: 'shop', startTimeoutMs: 60_000 } },
      fixed: { hosts: ['local'] },
    });
    expect(environments.staging.hosts).toEqual(base.hosts);
    expect(environments.production.hosts).toEqual({
      ...{ autoScalingGroup: 'shop', region: 'eu-central-1', startTimeoutMs: 60_000 },
    });
    expect(environments.fixed.hosts).toEqual([{ url: 'local' }]);
    expect(defineEnvironments(environments)).toEqual(environments);
  });

  it.each([
    [{ hosts: {} }, 'a.hosts.autoScalingGroup is not set. Give the name of an Auto Scaling group.'],
    [{ hosts: { autoScalingGroup: 'a:b' } }, 'a.hosts.autoScalingGroup is "a:b". Give the name'],
    [{ hosts: { autoScalingGroup: 'shop', regoin: 'x' } }, 'Did you mean `region`?'],
    [
      { hosts: { autoScalingGroup: 'shop', startTimeoutMs: 5 } },
      'Give whole milliseconds from 1000',
    ],
    [{ ssm: undefined }, 'a.ssm is not set, but the hosts are instances of an Auto Scaling group.'],
    [
      { hosts: { autoScalingGroup: 'shop', region: 'eu-west-1' } },
      'a.ssm.region is "eu-central-1", but a.hosts.region is "eu-west-1". Give one of them',
    ],
    [
      { stack: { name: 'Shop', region: 'us-east-1' } },
      'a.stack.region is "us-east-1", but a.ssm.region is "eu-central-1". Give one of them',
    ],
    [
      {
        hosts: { autoScalingGroup: 'shop', region: 'eu-west-1' },
        ssm: { bucket: 'acme-deploy' },
        stack: { name: 'Shop', region: 'us-east-1' },
      },
      'a.stack.region is "us-east-1", but a.hosts.region is "eu-west-1". Give one of them',
    ],
    [
      { balancer: { kind: 'haproxy', socket: '/run/h', backend: 'web' } },
      'a.balancer.kind is "haproxy", whose servers have fixed names',
    ],
    [{ files: { '/etc/a': 'a' } }, 'a.files are copied to hosts that run'],
    [{ registry: { folder: 'registry' } }, 'a.registry is copied to hosts that run'],
  ])('rejects %j with an Auto Scaling group', (more, message) => {
    const group = {
      ...{ release, hosts: { autoScalingGroup: 'shop' } },
      ssm: { bucket: 'acme-deploy', region: 'eu-central-1' },
    };
    const problems = problemsOf({ a: { ...group, ...more } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it.each([
    [undefined, 'The environments are undefined. Give an object such as'],
    [[], 'The environments are '],
    [{}, 'The environments are empty. Give an object'],
    [
      { 'Production 1': { hosts: ['local'], release } },
      '"Production 1" is no name of an environment. Give lower case letters',
    ],
    [{ a: 7 }, 'a is 7. Give an object with hosts and release.'],
    [{ a: { hosts: ['local'] } }, 'a.release is not set. Give an object such as'],
    [
      { a: { hosts: ['ssh://-oProxyCommand=id'], release } },
      'a.hosts.0 is "ssh://-oProxyCommand=id". Give',
    ],
    [{ a: { hosts: ['ssh://a b'], release } }, 'a.hosts.0 is "ssh://a b". Give'],
    [{ a: { hosts: [{ target: 'x' }], release } }, 'a.hosts.0.url is not set. Give "ssh://'],
    [
      { a: { hosts: ['local', 'local'], release } },
      'a.hosts.0 and a.hosts.1 are both "local". Remove one.',
    ],
    [
      { a: { hosts: ['ssm://i-0123456789abcdef0'], release } },
      'a.ssm is not set, but a.hosts.0 is "ssm://i-0123456789abcdef0". Give',
    ],
    [
      { a: { hosts: ['ssh://web-1'], release, balancer: { kind: 'target-group', arn } } },
      'a.hosts.0.target is not set, but the environment has a balancer.',
    ],
    [
      {
        a: {
          hosts: ['ssh://10.0.0.1'],
          release,
          balancer: { kind: 'haproxy', socket: '/run/h', backend: 'web' },
        },
      },
      'with the name of its server in HAProxy.',
    ],
    [
      { a: { hosts: ['local'], release, balancer: { kind: 'nginx' } } },
      'a.balancer.kind is "nginx". Give "target-group" or "haproxy".',
    ],
    [
      { a: { hosts: ['local'], release, files: { 'keys.json': 'keys.json' } } },
      'a.files has the path "keys.json". Give an absolute path',
    ],
    [
      { a: { hosts: ['local'], release, files: { '/opt/fairlead/current/x': 'x' } } },
      'a.files has the path /opt/fairlead/current/x, but only releases write to /opt/fairlead.',
    ],
    [{ a: { hosts: ['local'], release, batch: '0%' } }, 'a.batch is "0%". Give a number of hosts'],
    [{ a: { hosts: ['local'], release, protected: 'yes' } }, 'a.protected is "yes". Give true or'],
    [
      { a: { hosts: ['local'], release, url: 'https://a.example/x' } },
      'a.url is "https://a.example/x". Give an address without path and query',
    ],
    [
      { a: { hosts: ['local'], release, releaseStore: 'gs://bucket' } },
      'a.releaseStore is "gs://bucket". Give the path of a folder, or "s3://bucket/prefix"',
    ],
    [
      { a: { hosts: ['local'], release, stack: { name: 'a b' } } },
      'a.stack.name is "a b". Give the name of a CloudFormation stack',
    ],
    [
      { a: { hosts: ['local'], release, stack: { name: 'S', releaseParameter: 'x' } } },
      'a.stack.releaseParameter is "x". Give the name of a parameter, such as "/shop/prod/release"',
    ],
    [
      {
        a: {
          ...{ hosts: ['local'], release, releaseStore: 'store' },
          stack: { name: 'S', releaseParameter: '/x' },
        },
      },
      'a.stack.releaseParameter names the release of new hosts, but a.releaseStore is "store". Give one in S3',
    ],
    [
      { a: { hosts: ['local'], release, stack: { name: 'S', command: [] } } },
      'a.stack.command.0 is not set. Give a program or an argument',
    ],
    [
      { a: { hosts: ['local'], release, stack: { name: 'S', command: ['cdk', 'deploy'] } } },
      'a.stack.command starts new hosts, but a.releaseStore is not set. Give one in S3',
    ],
    [
      {
        a: {
          ...{ hosts: ['local'], release, releaseStore: 's3://acme-releases/shop' },
          stack: { name: 'S', releaseParameter: '/x', command: ['cdk'] },
        },
      },
      'a.stack.command deploys the stack with each release, but a.stack.releaseParameter is for updates in place',
    ],
    [
      { a: { hosts: ['local'], release, promoteFrom: 'staging' } },
      'a.promoteFrom is "staging", which is no other environment. There is no other one.',
    ],
    [
      { a: { hosts: ['local'], release, promoteFrom: 'a' }, b: { hosts: ['local'], release } },
      'a.promoteFrom is "a", which is no other environment. Give b.',
    ],
    [
      { a: { hosts: ['local'], release, files: { '/etc/a': 7 } } },
      'Give the path of a file on this machine',
    ],
  ])('rejects %j', (input, message) => {
    const problems = problemsOf(input);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('has a description of the expected value for every setting', () => {
    const all = (path: readonly string[]): readonly (readonly string[])[] =>
      knownSettings(environmentsSchema, ['a', ...path]).flatMap((name) => [
        [...path, name],
        ...all([...path, name]),
      ]);
    const settings = all([]);
    expect(settings.length).toBeGreaterThan(20);
    for (const path of settings) expect(environmentExpectation(path), path.join('.')).toBeDefined();
  });
});

describe('promotion', () => {
  const staging = { hosts: ['local'], release } as const;

  it('is between environments with the same store, platform and deployment', () => {
    expect(problemsOf({ staging, production: { ...staging, promoteFrom: 'staging' } })).toEqual([]);
    const production = {
      hosts: ['local'],
      release: { entry: 'other.ts', platform: 'linux-arm64' },
      deployment: { name: 'other' },
      releaseStore: 's3://acme/production',
      promoteFrom: 'staging',
    };
    const problems = problemsOf({ staging, production });
    expect(problems.map((text) => text.split(' ')[0])).toEqual([
      'production.releaseStore',
      'production.release.platform',
      'production.deployment',
    ]);
    expect(problems[0]).toBe(
      'production.releaseStore and staging.releaseStore differ, but production runs the releases of staging. Give both the same store.',
    );
  });

  it('has no ring', () => {
    const from = (promoteFrom: string) => ({ ...staging, promoteFrom });
    expect(problemsOf({ a: from('c'), b: from('a'), c: from('b'), d: from('c') })).toEqual([
      'a.promoteFrom, c.promoteFrom, b.promoteFrom form a ring: a from c from b from a. Remove one, so that releases are built for one environment.',
      'b.promoteFrom, a.promoteFrom, c.promoteFrom form a ring: b from a from c from b. Remove one, so that releases are built for one environment.',
      'c.promoteFrom, b.promoteFrom, a.promoteFrom form a ring: c from b from a from c. Remove one, so that releases are built for one environment.',
    ]);
  });
});

describe('a base', () => {
  const base = {
    release: { entry: 'service.ts', platform: 'linux-arm64', checks: [{ path: '/a' }] },
    ssm: { bucket: 'acme-deploy' },
    files: { '/etc/a': 'a' },
    batch: 2,
  } as const;

  it('is merged with each environment: objects by member, lists as a whole, undefined removes', () => {
    const environments = defineEnvironments(base, {
      dev: { hosts: ['local'], batch: undefined, release: { checks: [] } },
      production: {
        hosts: ['ssm://i-0123456789abcdef0'],
        ssm: { prefix: 'production' },
        files: { '/etc/b': 'b' },
        balancer: { kind: 'target-group', arn },
      },
    });
    expectTypeOf(environments.dev.batch).toEqualTypeOf<number | `${number}%` | undefined>();
    expect(environments).toStrictEqual({
      dev: {
        hosts: [{ url: 'local' }],
        release: { entry: 'service.ts', platform: 'linux-arm64', checks: [] },
        ssm: { bucket: 'acme-deploy' },
        files: { '/etc/a': 'a' },
      },
      production: {
        ...base,
        hosts: [{ url: 'ssm://i-0123456789abcdef0' }],
        ssm: { bucket: 'acme-deploy', prefix: 'production' },
        files: { '/etc/a': 'a', '/etc/b': 'b' },
        balancer: { kind: 'target-group', arn },
      },
    });
    expect(defineEnvironments(environments)).toEqual(environments);
  });

  it('is replaced by a balancer of another kind', () => {
    const haproxy = { kind: 'haproxy', socket: '/run/haproxy.sock', backend: 'web' } as const;
    const { a, b } = defineEnvironments(
      { release, balancer: { kind: 'target-group', arn } },
      {
        a: { hosts: [{ url: 'local', target: 'a' }], balancer: haproxy },
        b: { hosts: ['ssh://10.0.0.1'], balancer: { region: 'eu-west-1' } },
      },
    );
    expect([a.balancer, b.balancer]).toEqual([
      haproxy,
      { kind: 'target-group', arn, region: 'eu-west-1' },
    ]);
  });

  it('requires in each environment what it lacks', () => {
    // @ts-expect-error production has no hosts
    expect(() => defineEnvironments(base, { production: {} })).toThrow(
      'production.hosts is not set. Give a list of hosts',
    );
    // @ts-expect-error production has no release
    expect(() => defineEnvironments({ batch: 1 }, { production: { hosts: ['local'] } })).toThrow(
      'production.release is not set.',
    );
  });

  it('has its problems reported once, those of an environment by its name', () => {
    const wrong = { release: { entry: 'service.ts', plattform: 'x' }, batch: 0, ssm: {} };
    const inputs = {
      a: { hosts: ['local'], ssm: { bucket: 'acme' } },
      b: { hosts: ['local'], batch: -1, urll: 'https://a' },
    };
    let problems: readonly string[] = [];
    try {
      defineEnvironments(wrong as never, inputs as never);
    } catch (error) {
      problems = (error as EnvironmentsError).problems.map(
        ({ message }) => message.split(' Known')[0] ?? '',
      );
    }
    expect(problems).toEqual([
      'the base.release.plattform: unknown. Did you mean `platform`?',
      'the base.batch is 0. Give a number of hosts from 1, or a share such as "25%".',
      'b.ssm.bucket is not set. Give the name of a bucket.',
      'b.batch is -1. Give a number of hosts from 1, or a share such as "25%".',
      'b.urll: unknown. Did you mean `url`?',
    ]);
  });
});

it.each([
  [{ url: 'ssh://web-1', target: 'i-1' }, 'i-1'],
  [{ url: 'ssm://i-0123456789abcdef0' }, 'i-0123456789abcdef0'],
  [{ url: 'ssh://admin@[fd00::1]:22/' }, 'fd00::1'],
  [{ url: 'ssh://10.0.0.1' }, '10.0.0.1'],
  [{ url: 'ssh://web-1' }, undefined],
  [{ url: 'local' }, undefined],
])('%j is %j at a balancer', (host, target) => {
  expect(balancerTarget(host)).toBe(target);
});
