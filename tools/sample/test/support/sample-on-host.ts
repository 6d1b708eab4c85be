import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { createApiKey } from '@fairlead/security';
import {
  buildRelease,
  type BuildReleaseOptions,
  type BuiltRelease,
  type GateCheck,
} from '@fairlead/deploy';
import type { Deployment } from '@fairlead/deploy-config';
import { exportFlaskModels } from '../../src/export-flask-models.ts';
import { goldenPredictions } from '../../src/golden-predictions.ts';
import { flaskName, pushModels } from '../../src/push-models.ts';
import { trainModels } from '../../src/train-models.ts';
import { readTrainedModels } from '../../src/trained-model.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const bin = join(root, 'packages/cli/src/bin.ts');
const PEPPER = 'sentinel-pepper-of-the-test-on-hosts-0123456789';

/** Returns the command line of `fairlead` from its sources. */
export function fairlead(...args: readonly string[]): readonly [string, ...string[]] {
  return [process.execPath, '--conditions=@fairlead/source', bin, ...args];
}

/** Places of models on the host. */
export interface HostModels {
  readonly registry?: string;
  readonly flaskModels?: string;
}

/** HAProxy in front of the hosts. */
export interface SampleBalancer {
  /** Path of its admin socket. */
  readonly socket: string;
  readonly backend: string;
}

/** The sample application with its models, secrets and configuration of hosts, in one folder. */
export class SampleOnHost {
  readonly folder = mkdtempSync(join(import.meta.dirname, '.on-host-'));
  readonly registry = join(this.folder, 'registry');
  readonly flaskModels = join(this.folder, 'flask-models');
  /** An API key for all models. */
  readonly key: string;
  checks: readonly GateCheck[] = [];

  constructor() {
    mkdirSync(this.registry);
    const { key, record } = createApiKey({
      ...{ pepper: PEPPER, client: 'gate', scopes: ['infer:*'] },
    });
    this.key = key;
    writeFileSync(join(this.folder, 'keys.json'), JSON.stringify({ keys: [record] }));
    writeFileSync(join(this.folder, 'gateway.secrets'), `FAIRLEAD_PEPPER=${PEPPER}\n`);
    writeFileSync(join(this.folder, 'check.key'), key);
  }

  /** Texts that must be in no release, argument or log. */
  get secrets(): readonly string[] {
    return [PEPPER, this.key];
  }

  /** Trains the models, pushes them, and reads their golden examples. */
  async prepareModels(): Promise<void> {
    const trained = join(this.folder, 'trained');
    await trainModels(root, trained, new AbortController().signal);
    const models = readTrainedModels(trained);
    const registry = new ModelRegistry({ store: folderStore(this.registry) });
    await pushModels(registry, models, root);
    const names = models.map(({ model }) => model);
    await exportFlaskModels(registry, names, this.flaskModels);
    const all = new Set(names.flatMap((name) => [name, flaskName(name)]));
    const predictions = await goldenPredictions(registry, all);
    this.checks = predictions.map(({ model, body, expected }) => ({
      path: `/v2/models/${model}/infer`,
      body: JSON.parse(body) as unknown,
      expected: { outputs: expected.map(({ name, data }) => ({ name, data })) },
    }));
  }

  /** Copies secrets and models to the hosts, as a user does. */
  sync(sshConfig: string, hosts: readonly string[] = ['h1'], haproxy?: SampleBalancer): string {
    const models = readdirSync(this.flaskModels).flatMap((model) =>
      ['model.joblib', 'metadata.json'].map((name) => [
        `/var/lib/fairlead-flask/models/${model}/${name}`,
        `flask-models/${model}/${name}`,
      ]),
    );
    const secrets = ['keys.json', 'gateway.secrets', 'check.key'].map((name) => [
      `/etc/fairlead/${name}`,
      name,
    ]);
    const environments = {
      production: {
        hosts: hosts.map((name) => ({ url: `ssh://${name}`, target: name })),
        ...(haproxy && { balancer: { kind: 'haproxy', ...haproxy } }),
        ssh: { configFile: sshConfig },
        files: Object.fromEntries([...models, ...secrets]) as Record<string, string>,
        registry: { folder: 'registry' },
        release: { entry: 'main.ts' },
      },
    };
    const deployment = pathToFileURL(join(root, 'apps/gateway/src/host-deployment.ts')).href;
    writeFileSync(
      join(this.folder, 'fairlead.config.ts'),
      `import { defineEnvironments } from '@fairlead/deploy-config';
import { hostDeployment } from '${deployment}';

export const deployment = hostDeployment();
export const environments = defineEnvironments(${JSON.stringify(environments)});
`,
    );
    const [program, ...args] = fairlead('hosts', 'sync');
    return execFileSync(program, args, { cwd: this.folder, encoding: 'utf8' });
  }

  /** Builds a release of the sample. */
  async build(
    models: HostModels = {},
    change: Partial<BuildReleaseOptions> = {},
  ): Promise<BuiltRelease> {
    const file = join(root, 'apps/gateway/src/host-deployment.ts');
    const { hostDeployment } = (await import(pathToFileURL(file).href)) as {
      hostDeployment: (models: HostModels) => Deployment;
    };
    return buildRelease({
      deployment: hostDeployment(models),
      entry: join(root, 'apps/gateway/src/main.ts'),
      platform: 'linux-x64',
      conditions: ['@fairlead/source'],
      out: join(this.folder, 'releases'),
      python: {
        requirements: join(root, 'apps/flask-model/requirements-serving.lock'),
        source: join(root, 'apps/flask-model/src'),
        interpreter: join(root, '.venv/bin/python'),
      },
      checks: this.checks,
      checkKeyFile: '/etc/fairlead/check.key',
      ...change,
    });
  }

  /** Writes a module that runs a statement and starts the same gateway, and returns its path. */
  changedEntry(statement = "process.stdout.write('changed application\\n');"): string {
    const folder = mkdtempSync(join(this.folder, 'changed-'));
    cpSync(join(root, 'apps/gateway/src/main.ts'), join(folder, 'main.ts'));
    const entry = join(folder, 'changed.ts');
    writeFileSync(entry, `${statement}\nawait import('./main.ts');\n`);
    return entry;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
