import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../..', import.meta.url));
const imageScript = fileURLToPath(new URL('podman-images.sh', import.meta.url));

/** Programs of the tests in containers and the Debian packages that contain them. */
const PROGRAMS = {
  podman: 'podman',
  runc: 'runc',
  iptables: 'iptables',
  catatonit: 'catatonit',
  mmdebstrap: 'mmdebstrap',
};

/** Finds the reasons why this machine can't run containers; empty when it can. */
export function containerProblems(): readonly string[] {
  if (process.getuid?.() !== 0) return ['containers need root here; run "sudo npm run fleet"'];
  const missing = Object.entries(PROGRAMS).filter(([program]) => {
    try {
      execFileSync('which', [program]);
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length === 0) return [];
  const packages = missing.map(([, name]) => name).join(' ');
  return [`missing: ${packages}; run "node tools/setup/setup.mjs --dev" as root`];
}

/** Service of a Compose file. */
export interface ComposeService {
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly ulimits?: Readonly<Record<string, number>>;
}

/** A project in containers of Podman, as `podman-compose` reads its Compose file. */
export class PodmanProject {
  readonly #name: string;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #files: readonly string[];

  /** @param folder folder with `docker/compose.yaml`, for the project `name` */
  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    const configuration = join(folder, 'containers.conf');
    // runc works with both versions of control groups.
    writeFileSync(
      configuration,
      '[engine]\nruntime = "runc"\n[containers]\ndefault_ulimits = ["nofile=1024:20000", "nproc=4096:4096"]\n',
    );
    this.#env = { ...process.env, CONTAINERS_CONF: configuration, BUILDAH_FORMAT: 'docker' };
    this.#files = ['docker/compose.yaml', 'limits.yaml'].flatMap((file) => ['-f', file]);
  }

  /** Runs `podman`; resolves to its output. */
  async podman(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('podman', args, { env: this.#env, maxBuffer: 64e6 });
    return stdout.trim();
  }

  /** Makes the base image unless it is there; resolves to its name with its digest. */
  async baseImage(): Promise<string> {
    const key = createHash('sha256').update(readFileSync(imageScript)).digest('hex').slice(0, 12);
    const name = `localhost/fairlead-base:${key}`;
    const exists = await this.podman('image', 'exists', name).then(
      () => true,
      () => false,
    );
    if (!exists) {
      await run('bash', [imageScript, name, process.execPath], { env: this.#env });
    }
    return `${name}@${await this.podman('image', 'inspect', '--format', '{{.Digest}}', name)}`;
  }

  async #compose(...args: readonly string[]): Promise<string> {
    const program = join(root, '.venv/bin/podman-compose');
    const all = [...this.#files, ...args];
    const { stdout } = await run(program, all, {
      ...{ cwd: this.#folder, env: this.#env, maxBuffer: 64e6 },
    });
    return stdout;
  }

  /** Builds the images, and starts each service when those that it needs are healthy, which podman-compose leaves to systemd. */
  async up(services: Readonly<Record<string, ComposeService>>): Promise<readonly string[]> {
    const limits = Object.entries(services).map(([service, { ulimits = {} }]) => {
      // The limit of this machine may be smaller than that of a host.
      const nofile = Math.min(ulimits.nofile ?? 1024, 20_000);
      return [service, { ulimits: { ...ulimits, nofile, nproc: 4096 } }] as const;
    });
    writeFileSync(
      join(this.#folder, 'limits.yaml'),
      JSON.stringify({ services: Object.fromEntries(limits) }),
    );
    await this.#compose('--podman-build-args=--network host', 'build');
    await this.#compose('up', '--no-start', '--no-build');
    const started: string[] = [];
    while (started.length < limits.length) {
      const next = Object.entries(services).find(
        ([service, { depends_on: needs = {} }]) =>
          !started.includes(service) && Object.keys(needs).every((each) => started.includes(each)),
      );
      if (next === undefined) throw new Error('the services wait for each other');
      await this.start(next[0]);
      started.push(next[0]);
    }
    return started;
  }

  /** Name of the container of a service. */
  container(service: string): string {
    return `${this.#name}_${service}_1`;
  }

  /** Starts a service, and waits until its health check succeeds. */
  async start(service: string): Promise<void> {
    await this.podman('start', this.container(service));
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.podman('healthcheck', 'run', this.container(service));
        return;
      } catch (cause) {
        if (attempt === 60) {
          const log = await this.podman('logs', '--tail', '20', this.container(service));
          throw new Error(`${service} is not healthy: ${log}`, { cause });
        }
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  /** Runs a shell script in the container of a service; resolves to its output with that of errors. */
  async shell(service: string, script: string): Promise<string> {
    return this.podman('exec', this.container(service), 'sh', '-c', `exec 2>&1; ${script}`);
  }

  /** Removes containers, volumes and networks, and the images that were built. */
  async remove(): Promise<void> {
    await this.#compose('down', '--volumes', '--timeout', '10').catch(() => undefined);
    const images = ['gateway', 'flask', 'nginx'].map((program) => `${this.#name}-${program}`);
    await this.podman('rmi', '--force', ...images).catch(() => undefined);
    await this.podman('image', 'prune', '--force').catch(() => undefined);
  }
}
