import { execFileSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBundle } from '@fairlead/deploy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerProblems, PodmanProject, type ComposeService } from './support/podman-project.ts';
import { fairlead, SampleOnHost } from './support/sample-on-host.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = readFileSync(join(root, 'docs/containers.md'), 'utf8');
const COMPOSE = 'docker compose --file docker/compose.yaml';
const name = `fairlead-test-${process.pid}`;

/** Commands of the page, in their order. */
const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Changes the owner of folders and all that is inside. */
function changeOwner(account: string, paths: readonly string[]): void {
  const [uid, gid] = account.split(':').map(Number);
  for (const path of paths) {
    const inside = readdirSync(path, { recursive: true, encoding: 'utf8' });
    for (const each of ['', ...inside]) chownSync(join(path, each), uid ?? -1, gid ?? -1);
  }
}

function configuration(base: string, port: number): string {
  const deployment = {
    name,
    target: { nginx: '1.22.1', gunicorn: '27.0.1' },
    host: { cores: 2, memoryBytes: 4e9 },
    layout: 'host',
    timeouts: { requestMs: 5_000, marginMs: 1_000 },
    nginx: { listen: { scheme: 'http', address: `127.0.0.1:${port}` } },
    gateway: {
      command: ['/usr/bin/node', '/opt/main.js'],
      service: { user: 'fairlead', secretsFile: '/etc/fairlead/gateway.env' },
      environment: {
        FAIRLEAD_REGISTRY: '/var/lib/fairlead/registry',
        FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json',
        FAIRLEAD_STATE_FOLDER: '/var/lib/fairlead/records',
      },
    },
    flask: {
      app: 'fairlead_flask_model.app:create_app()',
      folder: '/opt/flask',
      gunicorn: '/opt/venv/bin/gunicorn',
      ...{ workers: 1, threads: 2, service: { user: 'fairlead-flask' } },
      environment: { FAIRLEAD_MODEL_FOLDER: '/var/lib/fairlead-flask/models' },
    },
  };
  const environments = {
    production: {
      hosts: ['local'],
      release: {
        entry: 'gateway/dist/main.js',
        python: { requirements: 'requirements.lock', source: 'src' },
      },
      files: {
        '/etc/fairlead/gateway.env': 'production/gateway.env',
        '/etc/fairlead/keys.json': 'production/keys.json',
      },
      registry: { folder: 'registry' },
    },
  };
  const containers = {
    include: ['gateway', 'proto'],
    folders: { '/var/lib/fairlead-flask/models': 'models' },
    redis: {},
    images: { node: base, nginx: base, python: base, redis: base },
  };
  return `import { defineDeployment, defineEnvironments } from '@fairlead/deploy-config';

export const deployment = defineDeployment(${JSON.stringify(deployment)});
export const environments = defineEnvironments(${JSON.stringify(environments)});
export const containers = ${JSON.stringify(containers)};
`;
}

const problems = containerProblems();
if (problems.length > 0) process.stderr.write(`SKIPPED: containers: ${problems.join('; ')}\n`);

describe.skipIf(problems.length > 0)('the sample application in containers', () => {
  const sample = new SampleOnHost();
  const project = new PodmanProject(sample.folder, name);
  const inProject = (path: string): string => join(sample.folder, path);
  let port: number;
  let services: Readonly<Record<string, ComposeService>>;
  let started: readonly string[];
  const done: string[] = [];

  beforeAll(async () => {
    port = await freePort();
    const base = await project.baseImage();
    await sample.prepareModels();
    renameSync(inProject('flask-models'), inProject('models'));
    mkdirSync(inProject('production'));
    renameSync(inProject('gateway.secrets'), inProject('production/gateway.env'));
    renameSync(inProject('keys.json'), inProject('production/keys.json'));
    await writeBundle({
      entry: join(root, 'apps/gateway/src/main.ts'),
      into: sample.folder,
      conditions: ['@fairlead/source'],
    });
    cpSync(join(root, 'apps/flask-model/src'), inProject('src'), { recursive: true });
    cpSync(
      join(root, 'apps/flask-model/requirements-serving.lock'),
      inProject('requirements.lock'),
    );
    const dependencies = { 'onnxruntime-node': '1.30.0' };
    writeFileSync(
      inProject('package.json'),
      JSON.stringify({ name: 'shop', private: true, type: 'module', dependencies }),
    );
    const lock = ['install', '--package-lock-only', '--ignore-scripts', '--workspaces=false'];
    execFileSync('npm', lock, { cwd: sample.folder });
    writeFileSync(inProject('fairlead.config.ts'), configuration(base, port));
    changeOwner('10001:10001', [inProject('models')]);
    for (const command of commands) await runCommand(command);
  });

  afterAll(async () => {
    await project.remove();
    sample.remove();
  });

  /** Runs a command of the page, with Podman in place of Docker. */
  async function runCommand(command: string): Promise<void> {
    const [program, ...args] = command.split(' ');
    if (program === 'npx') {
      // The digests of the base image come from the configuration: the registries aren't reachable in tests.
      const [node, ...rest] = fairlead(...args.slice(1).filter((each) => each !== '--pin'));
      execFileSync(node, rest, { cwd: sample.folder });
    } else if (command.startsWith('sudo chown -R ')) {
      changeOwner(args[2] ?? '', args.slice(3).map(inProject));
    } else if (command === `${COMPOSE} up --build --detach --wait`) {
      const { parse } = await import('yaml');
      ({ services } = parse(readFileSync(inProject('docker/compose.yaml'), 'utf8')) as {
        services: typeof services;
      });
      started = await project.up(services);
    } else if (program === 'curl') {
      execFileSync(
        program,
        args.map((each) => each.replace(':8080/', `:${port}/`)),
      );
    } else throw new Error(`the test doesn't know this command of the page: ${command}`);
    done.push(program ?? '');
  }

  it('is rendered, built and started by the commands of the page', () => {
    expect(done).toEqual(['npx', 'sudo', 'docker', 'curl']);
    expect(started).toEqual(['flask', 'redis', 'gateway', 'nginx']);
  });

  async function predict(): Promise<readonly unknown[]> {
    return Promise.all(
      sample.checks.map(async ({ path, body, expected }) => {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${sample.key}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        expect(answer.status, path).toBe(200);
        const { outputs } = (await answer.json()) as {
          outputs: { name: string; data: number[] }[];
        };
        for (const { name: output, data } of (
          expected as { outputs: { name: string; data: number[] }[] }
        ).outputs) {
          const found = outputs.find((each) => each.name === output)?.data ?? [];
          expect(found.length).toBe(data.length);
          for (const [index, value] of data.entries()) expect(found[index]).toBeCloseTo(value, 3);
        }
        return path;
      }),
    );
  }

  it('answers the golden example of each model, in process and in Flask, through Nginx', async () => {
    const paths = await predict();
    expect(paths).toContain('/v2/models/digits/infer');
    expect(paths).toContain('/v2/models/digits-flask/infer');
    const anonymous = await fetch(`http://127.0.0.1:${port}/v2/models/digits/infer`, {
      ...{ method: 'POST', body: '{}' },
    });
    expect(anonymous.status).toBe(401);
  });

  it.each(['flask', 'redis', 'gateway', 'nginx'])(
    'runs %s as a numeric account without capabilities and privileges, with a read-only root',
    async (service) => {
      const status = await project.shell(service, 'id -u; id -g; cat /proc/1/status');
      expect(status).toMatch(/^10001\n10001\n/);
      for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapInh', 'CapAmb']) {
        expect(status).toMatch(new RegExp(`^${set}:\\s0+$`, 'm'));
      }
      expect(status).toMatch(/^NoNewPrivs:\s1$/m);
      for (const path of ['/file', '/etc/file', '/usr/local/bin/file', '/app/file']) {
        const written = await project.shell(service, `touch ${path} || true`);
        expect(written, path).toMatch(/Read-only file system|No such file or directory/);
      }
      const limits = await project.podman(
        ...['inspect', '--format', '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}'],
        project.container(service),
      );
      const { mem_limit: memory, pids_limit: pids } = services[service] as Readonly<
        Record<string, unknown>
      >;
      expect(limits).toBe(`${String(memory)} ${String(pids)}`);
    },
  );

  it('gives Flask no network, and Nginx no right to write where the gateway listens', async () => {
    expect(
      await project.shell('flask', 'tail -n +3 /proc/net/dev | wc -l; ls /sys/class/net'),
    ).toBe('1\nlo');
    const file = `/run/${name}/gateway/file`;
    const written = await project.shell('nginx', `touch ${file} || true`);
    expect(written).toContain('Read-only file system');
    // Names of services are known in shared networks only.
    expect(await project.shell('nginx', 'getent hosts redis || echo unknown')).toBe('unknown');
    expect(await project.shell('gateway', 'getent hosts redis')).toMatch(/redis/);
  });

  it('has no secret in an image, an argument or the environment of a container', async () => {
    for (const service of ['gateway', 'flask', 'nginx']) {
      const container = await project.podman('inspect', project.container(service));
      const image = await project.podman('history', '--no-trunc', `localhost/${name}-${service}`);
      for (const secret of sample.secrets) {
        expect(container).not.toContain(secret);
        expect(image).not.toContain(secret);
      }
    }
    const files = await project.podman(
      ...['run', '--rm', '--user', '0', '--network', 'none', '--entrypoint', 'find'],
      ...['--ulimit', 'nproc=4096:4096', '--ulimit', 'nofile=1024:1024'],
      ...[`localhost/${name}-gateway`, '/', '-xdev', '-name', 'keys.json'],
      ...['-o', '-name', 'gateway.env', '-o', '-name', 'fairlead.config.ts'],
    );
    expect(files).toBe('');
  });

  it('ends in order, and starts again after it was killed', async () => {
    const gateway = project.container('gateway');
    await project.podman('stop', '--time', '20', gateway);
    expect(await project.podman('inspect', '--format', '{{.State.ExitCode}}', gateway)).toBe('0');
    await project.start('gateway');
    await predict();
    // The socket stays in its volume.
    await project.podman('kill', '--signal', 'KILL', gateway);
    await project.podman('wait', gateway);
    await project.start('gateway');
    await predict();
    for (const service of ['nginx', 'flask']) {
      await project.podman('stop', '--time', '20', project.container(service));
      const code = await project.podman(
        ...['inspect', '--format', '{{.State.ExitCode}}', project.container(service)],
      );
      expect(code, service).toBe('0');
    }
  });
});
