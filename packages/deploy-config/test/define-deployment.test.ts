import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';

import {
  defineDeployment,
  DeploymentError,
  folderLayout,
  gunicornCommand,
  hostLayout,
  nginxCommand,
  nginxConfig,
  renderDeployment,
  requiredFolders,
  type AbsolutePath,
  type Deployment,
  type DeploymentInput,
  type DeploymentProblem,
  type Layout,
} from '../src/index.ts';
import { folderInput, hostInput } from './support/sample-deployment.ts';

const laptop: DeploymentInput = folderInput('/srv/app');
const layout = folderLayout('/srv/app');

function problemsOf(input: unknown): readonly DeploymentProblem[] {
  try {
    defineDeployment(input as DeploymentInput);
  } catch (error) {
    if (error instanceof DeploymentError) return error.problems;
    throw error;
  }
  return [];
}

/** The samples, changed in one place. */
function changed(change: Partial<DeploymentInput>, base: DeploymentInput = laptop) {
  return problemsOf({ ...base, ...change });
}

function nginx(change: Partial<DeploymentInput['nginx']>) {
  return changed({ nginx: { ...laptop.nginx, ...change } });
}

function flask(change: object, base: DeploymentInput = laptop) {
  return changed({ flask: { ...folderInput('/srv/app').flask, ...change } }, base);
}

describe('defineDeployment', () => {
  it('fills in all defaults', () => {
    const deployment = defineDeployment(laptop);
    expect(deployment.timeouts).toEqual({
      requestMs: 4_000,
      marginMs: 1_000,
      nginxConnectMs: 2_000,
      nginxReadMs: 5_000,
      nginxClientMs: 10_000,
      gatewayHeadersMs: 4_000,
      gatewayReceiveMs: 4_000,
      gatewayShutdownMs: 5_000,
      gunicornMs: 6_000,
      gunicornGracefulMs: 5_000,
      stopMs: 7_000,
      deregistrationMs: 14_000,
    });
    expect(deployment.gateway.listen).toEqual({ kind: 'unix', path: '/srv/app/run/gateway.sock' });
    expect(deployment.flask).toMatchObject({ workers: 2, threads: 1, modelThreads: 1 });
    expectTypeOf(deployment.layout.nginxPidFile).toEqualTypeOf<AbsolutePath>();
    expectTypeOf(deployment.timeouts.stopMs).toEqualTypeOf<number>();
    expectTypeOf<Deployment['nginx']['perAddress']>().not.toBeAny();
  });

  it('uses no more workers than memory allows', () => {
    const host = { cores: 64, memoryBytes: 4 * 1024 ** 3 };
    const gibibyte = 1024 ** 3;
    const { flask: service } = defineDeployment({
      ...laptop,
      host,
      flask: { ...folderInput('/srv/app').flask, workerMemoryBytes: gibibyte },
    });
    expect(service?.workers).toBe(3);
  });

  it('derives valid timeouts from any request time and margin', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3_600_000 }),
        fc.integer({ min: 1, max: 60_000 }),
        (requestMs, marginMs) => {
          expect(changed({ timeouts: { requestMs, marginMs } })).toEqual([]);
        },
      ),
    );
  });

  it.each([
    ['nginxReadMs', 30_000, 'requestMs'],
    ['gunicornMs', 35_000, 'nginxReadMs'],
    ['gunicornGracefulMs', 29_000, 'requestMs'],
    ['gatewayShutdownMs', 29_999, 'requestMs'],
    ['stopMs', 40_000, 'gunicornMs'],
    ['deregistrationMs', 45_000, 'stopMs'],
    ['deregistrationMs', 39_000, 'requestMs'],
    ['nginxConnectMs', 30_001, 'requestMs'],
    ['gatewayHeadersMs', 30_001, 'gatewayReceiveMs'],
  ] as const)('refuses a ladder with %s at %i beside %s', (setting, value, other) => {
    const problems = changed({ timeouts: { [setting]: value } });
    const problem = problems.find(({ settings }) => settings.includes(`timeouts.${other}`));
    expect(problem?.code).toBe('ERR_DEPLOYMENT_TIMEOUT_LADDER');
    expect(problem?.settings).toContain(`timeouts.${setting}`);
    expect(problem?.message).toContain(String(value));
    expect(problem?.message).toMatch(/Raise timeouts\.\w+ to at least \d+, or lower timeouts\.\w+/);
  });

  it('accepts timeouts that are changed as its message says', () => {
    const [problem] = changed({ timeouts: { stopMs: 40_000 } });
    const [, advised] =
      /Raise timeouts\.stopMs to at least (\d+)/.exec(problem?.message ?? '') ?? [];
    expect(changed({ timeouts: { stopMs: Number(advised) } })).toEqual([]);
  });

  it('refuses fractions of a second for Gunicorn, which has none', () => {
    const [problem] = changed({ timeouts: { gunicornMs: 40_500 } });
    expect(problem).toMatchObject({ code: 'ERR_DEPLOYMENT_TIMEOUT_LADDER' });
    expect(problem?.message).toContain('Write 41000');
  });

  it.each([
    [{ clientMs: 75_000 }, ['keepAlive.clientMs', 'keepAlive.nginxMs']],
    [{ gatewayMs: 1_000 }, ['keepAlive.upstreamMs', 'keepAlive.gatewayMs']],
  ])('refuses a server that hangs up before its client: %j', (keepAlive, settings) => {
    expect(changed({ keepAlive })).toEqual([
      expect.objectContaining({ code: 'ERR_DEPLOYMENT_KEEP_ALIVE', settings }),
    ]);
  });

  it("refuses a restart that is shorter than Nginx's idle timeout", () => {
    const timeouts = { gatewayShutdownMs: 40_000 };
    const [problem] = changed({ timeouts, keepAlive: { upstreamMs: 40_000 } });
    expect(problem).toMatchObject({
      code: 'ERR_DEPLOYMENT_KEEP_ALIVE',
      settings: ['keepAlive.upstreamMs', 'timeouts.gatewayShutdownMs'],
    });
    const [, advised] = /at least (\d+)/.exec(problem?.message ?? '') ?? [];
    const longer = { gatewayShutdownMs: Number(advised) };
    expect(changed({ timeouts: longer, keepAlive: { upstreamMs: 40_000 } })).toEqual([]);
  });

  it('refuses body limits that differ, and accepts equal ones', () => {
    const settings = (problems: readonly DeploymentProblem[]) =>
      problems.flatMap((p) => p.settings);
    expect(settings(nginx({ maxBodyBytes: 1 }))).toEqual(['maxBodyBytes', 'nginx.maxBodyBytes']);
    expect(changed({ gateway: { maxBodyBytes: 1 } })).toEqual([
      expect.objectContaining({ code: 'ERR_DEPLOYMENT_BODY_LIMIT' }),
    ]);
    expect(settings(flask({ maxBodyBytes: 1 }))).toEqual(['maxBodyBytes', 'flask.maxBodyBytes']);
    expect(changed({ maxBodyBytes: 1, gateway: { maxBodyBytes: 1 } })).toEqual([]);
  });

  it('refuses a client with an address that no server listens on', () => {
    expect(nginx({ gatewayAddress: '127.0.0.1:9' })).toEqual([
      expect.objectContaining({
        code: 'ERR_DEPLOYMENT_ADDRESS',
        settings: ['nginx.gatewayAddress', 'gateway.listen'],
      }),
    ]);
    expect(changed({ gateway: { flaskAddress: 'unix:/elsewhere' } })).toEqual([
      expect.objectContaining({ settings: ['gateway.flaskAddress', 'flask.listen'] }),
    ]);
    const agree = { listen: '[::1]:3000' } as const;
    expect(
      changed({ gateway: agree, nginx: { ...laptop.nginx, gatewayAddress: '[::1]:3000' } }),
    ).toEqual([]);
  });

  it('refuses two servers on one address', () => {
    expect(changed({ gateway: { listen: '127.0.0.1:8080' } })).toEqual([
      expect.objectContaining({ settings: ['nginx.listen.address', 'gateway.listen'] }),
    ]);
    expect(changed({ gateway: { listen: '0.0.0.0:8080' } })).toHaveLength(1);
    expect(changed({ gateway: { listen: '127.0.0.2:8080' } })).toEqual([]);
    // An address of all interfaces uses the port on each of them.
    expect(changed({ gateway: { listen: '[::]:8080' } })).toEqual([
      expect.objectContaining({ settings: ['nginx.listen.address', 'gateway.listen'] }),
    ]);
    expect(nginx({ listen: { scheme: 'http', address: '[::]:8080' } })).toEqual([]);
    expect(
      changed({
        gateway: { listen: '127.0.0.1:8080' },
        nginx: { ...laptop.nginx, listen: { scheme: 'http', address: '[::]:8080' } },
      }),
    ).toHaveLength(1);
    expect(changed({ gateway: { listen: '[::1]:8080' } })).toEqual([]);
    expect(changed({ gateway: { listen: '[::]:8081' } })).toEqual([]);
    expect(flask({ listen: 'unix:/srv/app/run/gateway.sock' })).toHaveLength(1);
  });

  it('refuses a socket whose path is too long for the system', () => {
    const longest = `/${'x'.repeat(107 - '//run/gateway.sock'.length)}`;
    expect(changed({ layout: folderLayout(longest) })).toEqual([]);
    const problems = changed({ layout: folderLayout(`${longest}x`) });
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'ERR_DEPLOYMENT_SOCKET_PATH',
        settings: ['gateway.listen'],
        message: expect.stringContaining('108 bytes') as unknown,
      }),
    ]);
    // It is bytes that count, not letters.
    expect(changed({ layout: folderLayout(`/${'ü'.repeat(50)}`) })).toHaveLength(2);
  });

  it('refuses more threads than cores, and more memory than the host has', () => {
    expect(flask({ workers: 2, threads: 2 })).toEqual([
      expect.objectContaining({ code: 'ERR_DEPLOYMENT_CORES' }),
    ]);
    expect(flask({ workers: 1, threads: 1, modelThreads: 2 })).toEqual([]);
    expect(flask({ workers: 2, workerMemoryBytes: 2 * 1024 ** 3 })).toEqual([
      expect.objectContaining({ code: 'ERR_DEPLOYMENT_MEMORY' }),
    ]);
    expect(changed({ gateway: { memoryBytes: 5 * 1024 ** 3 } })[0]?.code).toBe(
      'ERR_DEPLOYMENT_MEMORY',
    );
    const gibibyte = 1024 ** 3;
    expect(changed({ gateway: { processes: 2, memoryBytes: gibibyte } })).toEqual([]);
    const [problem] = changed({ gateway: { processes: 4, memoryBytes: gibibyte } });
    expect(problem).toMatchObject({
      code: 'ERR_DEPLOYMENT_MEMORY',
      settings: expect.arrayContaining(['gateway.processes', 'gateway.memoryBytes']) as unknown,
      message: expect.stringContaining('(4 × 1073741824)') as unknown,
    });
  });

  it('chooses the processes of the gateway by the compute time of a row, beside the memory of Flask', () => {
    const gatewayOf = (computeMs?: number, more: { readonly processes?: number } = {}) => {
      const gateway = { ...laptop.gateway, ...more, ...(computeMs !== undefined && { computeMs }) };
      const host = { ...laptop.host, cores: 8, memoryBytes: 4.25 * 1024 ** 3 };
      const { processes, processesReason } = defineDeployment({ ...laptop, host, gateway }).gateway;
      return [processes, processesReason];
    };
    expect(gatewayOf()).toEqual([1, expect.stringContaining('is not set')]);
    expect(gatewayOf(0.2)).toEqual([3, expect.stringContaining('the memory is enough for 3')]);
    expect(gatewayOf(0.2, { processes: 2 })).toEqual([2, undefined]);
  });

  it('derives connections of Nginx, open files and the limit of an address that fit each other', () => {
    const resolved = (openFiles?: number) => {
      const host = { ...laptop.host, ...(openFiles !== undefined && { openFiles }) };
      const { workerConnections, perAddress } = defineDeployment({ ...laptop, host }).nginx;
      return [workerConnections, perAddress && perAddress.connections];
    };
    expect(resolved()).toEqual([16_384, 200]);
    expect(resolved(20_000)).toEqual([9_968, 200]);
    expect(resolved(1024)).toEqual([480, 15]);
    fc.assert(
      fc.property(fc.integer({ min: 256, max: 2 ** 30 }), (openFiles) => {
        expect(changed({ host: { ...laptop.host, openFiles } })).toEqual([]);
      }),
    );
  });

  it('refuses connections that a few addresses could take, or that need too many open files', () => {
    const [few, ...others] = nginx({ workerConnections: 1024, perAddress: { connections: 200 } });
    expect(others).toEqual([]);
    expect(few).toMatchObject({
      code: 'ERR_DEPLOYMENT_CONNECTIONS',
      settings: ['nginx.perAddress.connections', 'nginx.workerConnections'],
    });
    expect(few?.message).toContain('3 addresses could take all of them');
    const [, raised = '', lowered = ''] =
      /to at least (\d+), .* to at most (\d+)/.exec(few?.message ?? '') ?? [];
    expect(nginx({ workerConnections: Number(raised), perAddress: { connections: 200 } })).toEqual(
      [],
    );
    expect(
      nginx({ workerConnections: 1024, perAddress: { connections: Number(lowered) } }),
    ).toEqual([]);
    expect(nginx({ workerConnections: 1024, perAddress: false })).toEqual([]);
    const [files] = nginx({ workerConnections: 40_000 });
    expect(files).toMatchObject({
      code: 'ERR_DEPLOYMENT_CONNECTIONS',
      settings: ['nginx.workerConnections', 'host.openFiles'],
    });
    expect(files?.message).toContain('80064 open files');
  });

  it('refuses Nginx as root, under systemd and in the foreground', () => {
    for (const base of [laptop, hostInput]) {
      const [problem, ...others] = problemsOf({ ...base, nginx: { ...base.nginx, user: 'root' } });
      expect(others).toEqual([]);
      expect(problem).toMatchObject({ code: 'ERR_DEPLOYMENT_SERVICE', settings: ['nginx.user'] });
    }
    const { user, ...unnamed } = hostInput.nginx;
    expect(defineDeployment({ ...hostInput, nginx: unnamed }).nginx.user).toBe(user);
  });

  it('refuses a working folder with a file of secrets in it', () => {
    const { gateway, flask: python } = hostInput;
    const of = (service: object, environment = {}) =>
      problemsOf({
        ...hostInput,
        gateway: { ...gateway, environment, service: { ...gateway.service, ...service } },
      }).map(({ code, settings }) => [code, ...settings]);
    const refused = (secret: string) => [
      'ERR_DEPLOYMENT_SERVICE',
      'gateway.service.workingFolder',
      secret,
    ];
    expect(of({ workingFolder: '/etc/fairlead' })).toEqual([
      refused('gateway.service.secretsFile'),
      refused('nginx.listen.certificateKeyFile'),
    ]);
    expect(
      of({ workingFolder: '/srv/app' }, { FAIRLEAD_KEYS_FILE: '/srv/app/keys/keys.json' }),
    ).toEqual([refused('gateway.environment.FAIRLEAD_KEYS_FILE')]);
    expect(of({ workingFolder: '/' })).toHaveLength(2);
    expect(of({ workingFolder: '/etc/fair' })).toEqual([]);
    const inFlask = {
      ...python,
      service: { ...python.service, secretsFile: `${python.folder}/secrets` },
    };
    expect(problemsOf({ ...hostInput, flask: inFlask })[0]?.settings).toEqual([
      'flask.folder',
      'flask.service.secretsFile',
    ]);
  });

  it('refuses programs that are too old', () => {
    const target = { nginx: '1.18.0', gunicorn: '21.2.0', systemd: '246', openssl: '1.0.2' };
    expect(changed({ target }).map(({ code, settings }) => [code, ...settings])).toEqual(
      ['nginx', 'openssl', 'gunicorn', 'systemd'].map((name) => [
        'ERR_DEPLOYMENT_TARGET',
        `target.${name}`,
      ]),
    );
  });

  it('refuses routes without an upstream, and duplicate routes', () => {
    const [problem] = nginx({ routes: [{ path: '/', upstream: 'gatewey' }] });
    expect(problem?.code).toBe('ERR_DEPLOYMENT_ROUTE');
    expect(problem?.message).toContain('Did you mean `gateway`?');
    const route = { path: '/', upstream: 'gateway' };
    expect(nginx({ routes: [route, route] })).toHaveLength(1);
    expect(nginx({ routes: [route, { ...route, match: 'exact' }] })).toEqual([]);
    expect(nginx({ upstreams: { gateway: { servers: ['127.0.0.1:1'] } } })).toHaveLength(1);
    const withoutFlask = {
      ...laptop,
      nginx: { ...laptop.nginx, routes: [{ ...route, upstream: 'flask' }] },
    };
    expect(problemsOf({ ...withoutFlask, flask: undefined })).toHaveLength(1);
  });

  it('refuses a systemd host without a command or an account', () => {
    const { gateway, flask: service, ...rest } = hostInput;
    const missing = problemsOf({ ...rest, gateway: {}, flask: { ...service, service: undefined } });
    expect(missing.map(({ settings }) => settings[0])).toEqual([
      'gateway.command',
      'gateway.service',
      'flask.service',
    ]);
    expect(problemsOf({ ...hostInput, gateway: { ...gateway, command: ['node'] } })).toEqual([
      expect.objectContaining({ code: 'ERR_DEPLOYMENT_SERVICE' }),
    ]);
  });

  it('refuses a variable that follows from other settings', () => {
    expect(changed({ gateway: { environment: { FAIRLEAD_LISTEN: 'x', OTHER: 'y' } } })).toEqual([
      expect.objectContaining({
        code: 'ERR_DEPLOYMENT_ENVIRONMENT',
        settings: ['gateway.environment.FAIRLEAD_LISTEN'],
      }),
    ]);
    expect(flask({ environment: { OMP_NUM_THREADS: '4' } })).toHaveLength(1);
    const cache = (url: string) =>
      changed({ gateway: { environment: { FAIRLEAD_LIMITS_REDIS_URL: url } } });
    expect(cache('rediss://:PLANTED@cache.internal:6379')).toEqual([
      {
        code: 'ERR_DEPLOYMENT_ENVIRONMENT',
        settings: ['gateway.environment.FAIRLEAD_LIMITS_REDIS_URL'],
        message:
          "gateway.environment.FAIRLEAD_LIMITS_REDIS_URL has a password, which would be in rendered files and releases. Remove it, and add a secret with variable: 'FAIRLEAD_LIMITS_REDIS_URL' to secrets.",
      },
    ]);
    expect(cache('rediss://cache.internal:6379')).toEqual([]);
  });

  it('lists every problem at once, each with the fix', () => {
    const error = new DeploymentError(
      changed({ maxBodyBytes: 5, gateway: { maxBodyBytes: 6 }, timeouts: { stopMs: 1 } }),
    );
    expect(error.problems.length).toBeGreaterThan(3);
    for (const { message } of error.problems) expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: 'ERR_DEPLOYMENT_INVALID', name: 'DeploymentError' });
  });

  it.each<[string, unknown]>([
    ['name', { name: 'Fair; lead' }],
    ['target.nginx', { target: { nginx: 'latest' } }],
    ['host.cores', { host: { cores: 0, memoryBytes: 1 } }],
    ['timeouts.requestMs', { timeouts: { requestMs: -1 } }],
    ['timeouts.requestms', { timeouts: { requestms: 1 } }],
    ['maxBodyBytes', { maxBodyBytes: '16m' }],
    ['nginx.listen.address', { nginx: { listen: { scheme: 'http', address: 'localhost:80' } } }],
    ['nginx.listen.address', { nginx: { listen: { scheme: 'http', address: '1.2.3.4:65536' } } }],
    ['nginx.listen.address', { nginx: { listen: { scheme: 'http', address: 'unix:a' } } }],
    ['nginx.user', { nginx: { ...laptop.nginx, user: 'www; daemon on' } }],
    ['nginx.trustedProxies.0', { nginx: { ...laptop.nginx, trustedProxies: ['10.0.0.0/33'] } }],
    [
      'nginx.routes.0.path',
      { nginx: { ...laptop.nginx, routes: [{ path: '/ { }', upstream: 'gateway' }] } },
    ],
    [
      'nginx.routes.0.path',
      { nginx: { ...laptop.nginx, routes: [{ path: '/.fairlead/x', upstream: 'gateway' }] } },
    ],
    ['layout.nginxPidFile', { layout: { ...layout, nginxPidFile: 'run/pid' } }],
    ['layout.nginxPidFile', { layout: { ...layout, nginxPidFile: '/a/../b' } }],
    ['layout.nginxPidFile', { layout: { ...layout, nginxPidFile: '/a\nb' } }],
    ['layout.nginxPidFile', { layout: { ...layout, nginxPidFile: '/$host' } }],
    ['flask.app', { flask: { ...laptop.flask, app: 'a b' } }],
    ['flask.maxRequests', { flask: { ...laptop.flask, maxRequests: 500 } }],
    ['gateway.environment.A B', { gateway: { environment: { 'A B': 'x' } } }],
    ['surprise', { surprise: true }],
  ])('refuses a bad %s by name', (setting, change) => {
    const problems = problemsOf({ ...laptop, ...(change as object) });
    expect(problems).toEqual([
      expect.objectContaining({ code: 'ERR_DEPLOYMENT_INVALID_OPTION', settings: [setting] }),
    ]);
    expect(problems[0]?.message).toContain(setting);
  });

  it.each([
    ['timeouts.requestms', { timeouts: { requestms: 1 } }, 'requestMs'],
    ['nginx.listen.adress', { nginx: { listen: { scheme: 'http', adress: 'x' } } }, 'address'],
    ['gateway.service.usr', { gateway: { service: { usr: 'x' } } }, 'user'],
    [
      'nginx.routes.0.upstrem',
      { nginx: { ...laptop.nginx, routes: [{ path: '/', upstrem: 'gateway' }] } },
      'upstream',
    ],
    [
      'nginx.upstreams.other.server',
      { nginx: { ...laptop.nginx, upstreams: { other: { server: [] } } } },
      'servers',
    ],
    ['maxBodyByte', { maxBodyByte: 1 }, 'maxBodyBytes'],
  ])('suggests the setting that was probably meant by %s', (setting, change, meant) => {
    const problem = problemsOf({ ...laptop, ...(change as object) }).find(({ settings }) =>
      settings.includes(setting),
    );
    expect(problem?.message).toContain(`Did you mean \`${meant}\`?`);
    expect(problem?.message).toContain('Known are ');
  });

  it.each([undefined, null, 7, 'text', []])('refuses %j in place of an object', (input) => {
    expect(problemsOf(input)).toEqual([
      expect.objectContaining({ code: 'ERR_DEPLOYMENT_INVALID_OPTION' }),
    ]);
  });

  it('reads the supervisor of a deployment of version 0.1', () => {
    const old = { ...layout, supervisor: 'starter' } as unknown as Layout;
    const deployment = defineDeployment({ ...laptop, layout: old });
    expect(deployment).toEqual(defineDeployment(laptop));
    expect(deployment.layout.supervisor).toBe('foreground');
  });

  it.each([
    ['renderDeployment', renderDeployment],
    ['requiredFolders', requiredFolders],
    ['nginxCommand', nginxCommand],
    ['gunicornCommand', gunicornCommand],
    ['nginxConfig', nginxConfig],
  ])('%s refuses a deployment that was not defined, in plain JavaScript', (_name, use) => {
    for (const wrong of [undefined, null, 'text', laptop, {}]) {
      expect(() => use(wrong as Deployment)).toThrow(
        'Option deployment: expected the result of defineDeployment()',
      );
    }
  });

  it('refuses a layout without a folder or with an empty name', () => {
    expect(() => (folderLayout as () => unknown)()).toThrow('Option folder: expected');
    expect(() => hostLayout('')).toThrow('Option name: expected');
  });

  it('accepts the host names that certificates may have', () => {
    const withNames = (names: readonly string[]) =>
      nginx({ listen: { scheme: 'http', address: '127.0.0.1:1', names } });
    expect(withNames(['localhost', '*.example.com', 'a-1.b', 'x'.repeat(63)])).toEqual([]);
    for (const name of ['', 'A.b', '-a', 'a-', 'a..b', 'a b', '*', 'a.*', `${'x'.repeat(64)}.b`]) {
      expect(withNames([name]), name).toHaveLength(1);
    }
  });
});
